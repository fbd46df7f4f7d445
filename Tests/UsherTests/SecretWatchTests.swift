import Cryptography
import Foundation
import Logs
import Synchronization
import Testing

@testable import Settings
@testable import usher

/// When a changed file is read.
@Suite("Watched files")
struct WatchedFileTests {
    private let old = FileStamp(path: "/")
    private let new = FileStamp(path: "/no such file")

    @Test("a change is read at the look after the one that saw it, once")
    func settled() {
        var file = WatchedFile()
        #expect(file.look(old, isForced: false) == false)
        #expect(file.look(old, isForced: false) == true, "what may have changed before the first look")
        #expect(file.look(old, isForced: false) == false)
        #expect(file.look(new, isForced: false) == false, "it may still be written")
        #expect(file.look(new, isForced: false) == true)
        #expect(file.look(new, isForced: false) == false)
    }

    @Test("a file that keeps changing is read when it rests")
    func restless() {
        var file = WatchedFile()
        for stamp in [old, new, old, new] { #expect(file.look(stamp, isForced: false) == false) }
        #expect(file.look(new, isForced: false) == true)
    }

    @Test("who asks is served at once, and the next look makes sure")
    func forced() {
        var file = WatchedFile()
        #expect(file.look(old, isForced: true) == true)
        #expect(file.look(old, isForced: false) == true)
        #expect(file.look(old, isForced: false) == false)
        #expect(file.look(old, isForced: true) == true)
    }

    @Test("what could not be read is read again at each look until it could be", arguments: [false, true])
    func failed(isForced: Bool) {
        var file = WatchedFile()
        _ = file.look(old, isForced: false)
        #expect(file.look(old, isForced: isForced) == true)
        file.failed()
        #expect(file.look(old, isForced: false) == true)
        file.failed()
        #expect(file.look(new, isForced: false) == false, "it may still be written")
        #expect(file.look(new, isForced: false) == true)
        #expect(file.look(new, isForced: false) == false)
    }
}

/// One real file, looked at as the thread looks.
@Suite("Secret sources")
struct SecretSourceTests {
    private let folder = TestFolder()

    @Test("a read that fails in passing is made again at the next look, though the file is as it was, and told once")
    func passingFailure() throws {
        try folder.write("secret", "new")
        let path = "\(folder.path)/secret"
        let failure = SettingsFileError(path: path, reason: "cannot be opened: Too many open files")
        var source = SecretSource(SecretFile(path: path))
        var news: [SecretNews] = []
        var read: [String] = []
        for isFailing in [false, true, true, false, false] {
            let secret =
                isFailing
                ? source.look(isForced: false, &news, read: { _ in .failure(failure) })
                : source.look(isForced: false, &news)
            if let secret { read.append(String(decoding: secret.reveal(), as: UTF8.self)) }
        }
        #expect(read == ["new"])
        #expect(news == [.unusable(file: path, reason: failure.reason), .usable(file: path)])
    }
}

/// Real files, looked at as the thread looks; no thread, so that nothing waits.
@Suite("Account secrets")
struct AccountSecretsTests {
    private let folder = TestFolder()
    private let now = ContinuousClock.now

    private func account(overlap: String = "15m", previous: Bool = false) throws -> Configuration.Account {
        let text = """
            kafka: {bootstrap_servers: [kafka.example.net:9093]}
            postgres: {host: database.example.net}
            keys: {file: /run/keys}
            accounts:
              main:
                endpoint: https://cashier.example.net/cashier/virtual-terminal
                merchant_id: Merchant
                application_key: Application
                secret_file: \(folder.path)/secret
                secret_overlap: \(overlap)

            """ + (previous ? "    previous_secret_file: \(folder.path)/previous\n" : "")
        let sources = SettingsSources(file: ("usher.yaml", Array(text.utf8)), environment: [:], overrides: [])
        let configuration = try SettingsLoader.load(sources, checksFiles: false).configuration
        return try #require(configuration.accounts["main"])
    }

    private func texts(_ secrets: AccountSecrets) -> [String] {
        secrets.rotation.secrets.map { String(decoding: $0.reveal(), as: UTF8.self) }
    }

    /// As many looks as it takes to see a change that is over.
    private func settle(_ secrets: inout AccountSecrets, at now: ContinuousClock.Instant) -> [SecretNews] {
        (0..<3).flatMap { _ in secrets.look(now: now, isForced: false).news }
    }

    @Test("a replaced file: the new secret signs, the old one verifies until the overlap is over")
    func replaced() throws {
        try folder.write("secret", "old")
        var secrets = try AccountSecrets(account())
        #expect(settle(&secrets, at: now).isEmpty)
        try folder.write("secret", "new\n")
        #expect(settle(&secrets, at: now) == [.signer(file: "\(folder.path)/secret")])
        #expect(texts(secrets) == ["new", "old"])
        #expect(settle(&secrets, at: now + .seconds(899)).isEmpty)
        let (news, change) = secrets.look(now: now + .seconds(900), isForced: false)
        #expect(news == [.expired(1)] && change.isVerifyingOther && !change.isSignerNew)
        #expect(texts(secrets) == ["new"])
    }

    @Test("links that are put elsewhere, as Kubernetes does it, are a change")
    func link() throws {
        try folder.write("secret-1", "old")
        try folder.write("secret-2", "new")
        try folder.link("data", to: "secret-1")
        try folder.link("secret", to: "data")
        var secrets = try AccountSecrets(account())
        _ = settle(&secrets, at: now)
        try folder.link("data", to: "secret-2")
        #expect(settle(&secrets, at: now) == [.signer(file: "\(folder.path)/secret")])
        #expect(texts(secrets).first == "new")
    }

    static let faults: [(name: String, reason: String)] = [
        ("missing", "cannot be opened"), ("empty", "is empty"), ("wide", "may be read or changed by others"),
        ("lines", "more than one line"),
    ]

    @Test("a file that cannot be used leaves the old secret in force and is told once", arguments: 0..<4)
    func unusable(_ number: Int) throws {
        let (name, reason) = Self.faults[number]
        try folder.write("secret", "old")
        var secrets = try AccountSecrets(account())
        _ = settle(&secrets, at: now)
        switch name {
        case "missing": try folder.remove("secret")
        case "empty": try folder.write("secret", "")
        case "wide": try folder.write("secret", "new", mode: 0o644)
        case _: try folder.write("secret", "new\nother")
        }
        let news = settle(&secrets, at: now)
        guard case .unusable(let file, let found) = news.first, news.count == 1 else {
            Issue.record("told \(news)")
            return
        }
        #expect(file == "\(folder.path)/secret" && found.contains(reason))
        #expect(texts(secrets) == ["old"])
        #expect(settle(&secrets, at: now).isEmpty)
        #expect(secrets.look(now: now, isForced: true).news == news, "who asks is told again")
        #expect(settle(&secrets, at: now).isEmpty)
        try folder.write("secret", "new")
        #expect(settle(&secrets, at: now) == [.usable(file: file), .signer(file: file)])
        #expect(texts(secrets) == ["new", "old"])
    }

    @Test("both files at once: what was current verifies as the previous one for as long as its file is there")
    func both() throws {
        try folder.write("secret", "old")
        try folder.write("previous", "older")
        var secrets = try AccountSecrets(account(overlap: "0s", previous: true))
        _ = settle(&secrets, at: now)
        #expect(texts(secrets) == ["old", "older"])
        try folder.write("previous", "old")
        try folder.write("secret", "new")
        #expect(
            settle(&secrets, at: now) == [
                .previous(file: "\(folder.path)/previous"), .signer(file: "\(folder.path)/secret"),
            ]
        )
        #expect(texts(secrets) == ["new", "old"])
        #expect(settle(&secrets, at: now + .seconds(86_400)).isEmpty)
    }

    @Test("who asks is served at once")
    func forced() throws {
        try folder.write("secret", "old")
        var secrets = try AccountSecrets(account())
        try folder.write("secret", "new")
        let (news, change) = secrets.look(now: now, isForced: true)
        #expect(news == [.signer(file: "\(folder.path)/secret")] && change.isSignerNew)
    }

    @Test("the watching thread applies a change before it tells of it, and the log holds no secret")
    func thread() async throws {
        try folder.write("secret", "old-merchant-secret")
        let (seen, lines) = (Words(), Words())
        try await watch(seen: seen, log: lines)
        #expect(seen.all == ["apply main new-merchant-secret old-merchant-secret", "changed main"])
        let log = lines.all.joined()
        #expect(log.contains("account=main") && log.contains("fingerprint=") && log.contains("overlap_ms=900000"))
        #expect(!log.contains("merchant-secret"))
    }

    private func watch(seen: Words, log: Words) async throws {
        let watch = try SecretWatch(
            [account()],
            digest: { Hashes.sha256($0) },
            log: Log(level: .info, format: .text) { log.add($0) }
        )
        watch.start(
            SecretWatch.Actions(
                apply: { account, secrets in
                    let texts = secrets.map { String(decoding: $0.reveal(), as: UTF8.self) }
                    seen.add("apply \(account) \(texts.joined(separator: " "))")
                },
                onSecretChange: { seen.add("changed \($0)") }
            )
        )
        defer { watch.stop() }
        try folder.write("secret", "new-merchant-secret")
        watch.lookNow()
        let deadline = ContinuousClock.now + .seconds(20)
        while seen.all.count < 2, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(watch.secrets(of: "main").count == 2)
    }
}

/// Texts that closures share.
private final class Words: Sendable {
    private let words = Mutex<[String]>([])

    var all: [String] { words.withLock { $0 } }
    func add(_ word: String) { words.withLock { $0.append(word) } }
}

/// A folder that is gone when the test is over.
final class TestFolder: Sendable {
    let path = NSTemporaryDirectory() + "usher-secrets-" + UUID().uuidString

    init() {
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Puts a new file in the old one's place, in one step.
    func write(_ name: String, _ text: String, mode: Int = 0o400) throws {
        let new = "\(path)/.\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: new))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: new)
        #expect(rename(new, "\(path)/\(name)") == 0)
    }

    func link(_ name: String, to target: String) throws {
        let new = "\(path)/.\(UUID().uuidString)"
        try FileManager.default.createSymbolicLink(atPath: new, withDestinationPath: target)
        #expect(rename(new, "\(path)/\(name)") == 0)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }
}
