import BlockingThreads
import CLinux
import Cryptography
import Glibc
import Logs
import Settings
import Synchronization

/// Reads the accounts' secret files again when they change: once a second it looks whether they did, and at once when
/// it is told to. A thread of its own, because files block.
final class SecretWatch: Sendable {
    /// What follows from a change.
    struct Actions: Sendable {
        /// Takes the secrets of an account: the first signs, all of them verify.
        var apply: @Sendable (_ account: String, _ secrets: [Secret]) -> Void
        /// Called after `apply`, when another secret signs: what failed for the old one may work now.
        var onSecretChange: @Sendable (_ account: String) -> Void
    }

    private let accounts: Mutex<[AccountSecrets]>
    private let log: Log
    /// A secret's digest for the log: keyed, so that it helps nobody to guess a secret.
    private let digest: @Sendable ([UInt8]) -> [UInt8]
    private let running: Mutex<NamedThread?>
    /// Ends the thread's wait.
    private let bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    private let isForced = Atomic(false)
    private let isStopped = Atomic(false)

    /// Reads the files. Throws `SettingsFileError` for the first that cannot be used.
    init(
        _ accounts: [Configuration.Account],
        digest: @escaping @Sendable ([UInt8]) -> [UInt8],
        log: Log
    ) throws(SettingsFileError) {
        precondition(bell >= 0, "no event descriptor for the secrets' thread")
        var read: [AccountSecrets] = []
        for account in accounts { read.append(try AccountSecrets(account)) }
        self.accounts = Mutex(read)
        self.digest = digest
        self.log = log
        running = Mutex(nil)
    }

    /// Those of the account; the first signs. Empty for an account that is not watched.
    func secrets(of account: String) -> [Secret] {
        accounts.withLock { $0.first { $0.account == account }?.rotation.secrets ?? [] }
    }

    /// Looks until `stop`.
    ///
    /// - Precondition: it was not started before.
    func start(_ actions: Actions) {
        running.withLock { running in
            precondition(running == nil, "secrets are watched once")
            running = NamedThread("secrets") { [weak self] in
                while let self, self.wait() { self.look(now: .now, actions) }
            }
        }
    }

    /// Reads all files now, changed or not.
    func lookNow() {
        isForced.store(true, ordering: .releasing)
        ring()
    }

    /// Ends the thread and waits for it.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        ring()
        running.withLock { $0 }?.join()
    }

    deinit {
        close(bell)
    }

    private func ring() {
        eventfd_write(bell, 1)
    }

    /// Until the next look; false when there is none.
    private func wait() -> Bool {
        var descriptor = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, 1_000)
        var count: eventfd_t = 0
        eventfd_read(bell, &count)
        return !isStopped.load(ordering: .acquiring)
    }

    private func look(now: ContinuousClock.Instant, _ actions: Actions) {
        let isForced = isForced.exchange(false, ordering: .acquiringAndReleasing)
        var lines = 0
        let changes = accounts.withLock { accounts in
            accounts.indices.compactMap { index -> (account: String, secrets: [Secret], isSignerNew: Bool)? in
                let (news, change) = accounts[index].look(now: now, isForced: isForced)
                for item in news { tell(item, of: accounts[index]) }
                lines += news.count
                guard change.isVerifyingOther else { return nil }
                return (accounts[index].account, accounts[index].rotation.secrets, change.isSignerNew)
            }
        }
        for change in changes {
            actions.apply(change.account, change.secrets)
            if change.isSignerNew { actions.onSecretChange(change.account) }
        }
        if isForced, lines == 0 { log.notice("the secret files were read again; none has changed") }
    }

    private func tell(_ news: SecretNews, of account: AccountSecrets) {
        let name = LogValue.text(account.account)
        switch news {
        case .signer(let file):
            log.notice(
                "the account's secret changed: the new one signs, the one before verifies for the overlap",
                [
                    .account: name, .file: .text(file), .fingerprint: .text(fingerprint(account.rotation.signer)),
                    .overlapMs: .init(milliseconds(account.rotation.overlap)),
                ]
            )
        case .previous(let file):
            log.notice("the account's previous secret changed", [.account: name, .file: .text(file)])
        case .expired(let count):
            log.notice("a replaced secret verifies nothing any more", [.account: name, .count: .init(count)])
        case .unusable(let file, let reason):
            log.error(
                "a secret file cannot be used; the secret before stays in force",
                [.account: name, .file: .text(file), .reason: .text(reason)]
            )
        case .usable(let file):
            log.notice("the secret file can be used again", [.account: name, .file: .text(file)])
        }
    }

    /// Tells secrets apart: eight digits, different wherever the key file is.
    private func fingerprint(_ secret: Secret) -> String {
        String(digest(Array("usher: fingerprint of a merchant secret\0".utf8) + secret.reveal()).hex.prefix(8))
    }

    private func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1_000
    }
}
