import Cryptography
import Settings

/// What a look at an account's secret files brought.
enum SecretNews: Equatable {
    /// Another secret signs.
    case signer(file: String)
    /// Another secret is named as the one before.
    case previous(file: String)
    /// So many replaced secrets verify nothing any more.
    case expired(Int)
    /// A file changed and cannot be used; what it held stays in force.
    case unusable(file: String, reason: String)
    /// It can be used again.
    case usable(file: String)
}

/// One account's secrets, and the files that they come from.
struct AccountSecrets {
    let account: String
    private(set) var rotation: SecretRotation
    private var current: SecretSource
    private var previous: SecretSource?

    /// Reads the files. Throws `SettingsFileError` for the first that cannot be used.
    init(_ account: Configuration.Account) throws(SettingsFileError) {
        self.account = account.name
        current = SecretSource(account.secretFile)
        previous = account.previousSecretFile.map(SecretSource.init)
        let before: Secret? =
            if let file = account.previousSecretFile { Secret(try file.read()) } else { nil }
        rotation = SecretRotation(
            current: Secret(try account.secretFile.read()),
            previous: before,
            overlap: account.secretOverlap
        )
    }

    /// Looks at the files and lets go of what is over. What verifies is another when `isVerifyingOther` comes back.
    mutating func look(
        now: ContinuousClock.Instant,
        isForced: Bool
    ) -> (news: [SecretNews], change: SecretRotation.Change) {
        var news: [SecretNews] = []
        var change = SecretRotation.Change()
        let expired = rotation.expire(now: now)
        if expired > 0 {
            news.append(.expired(expired))
            change.isVerifyingOther = true
        }
        // First the one before: where both change, no moment is without it.
        if let secret = previous?.look(isForced: isForced, &news),
            rotation.replace(previous: secret).isVerifyingOther
        {
            news.append(.previous(file: previous?.file.path ?? ""))
            change.isVerifyingOther = true
        }
        if let secret = current.look(isForced: isForced, &news),
            rotation.replace(current: secret, now: now).isSignerNew
        {
            news.append(.signer(file: current.file.path))
            change.isSignerNew = true
            change.isVerifyingOther = true
        }
        return (news, change)
    }
}
