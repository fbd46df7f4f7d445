import Glibc
import SessionCore
import Terminal

/// Who types a command that changes something, and why.
enum Operator {
    /// The variable that says who acts, where `--as` does not.
    static let variable = "USHER_OPERATOR"

    /// The option that says why.
    static let reason = CommandOption.value("reason", "TEXT", "why; it is kept in the audit with your name.")

    /// The option that says who. Every verb that takes a reason takes it, too.
    static let person = CommandOption.value(
        "as",
        "NAME",
        "who you are, where no login tells; USHER_OPERATOR does the same. The audit calls it what you say."
    )

    /// Runs an act that the store does not do again when its answer was lost. Throws `VerbError` then, which names the
    /// command that tells whether it was done, and when Postgres answered that it cannot do it now.
    static func once<Value: Sendable>(
        seenBy command: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch StoreError.unavailable(let reason) {
            let doubt = "it may have been done all the same; `\(command)` tells"
            throw VerbError.ended("Postgres cannot be reached: \(reason); \(doubt)", .unavailable)
        } catch StoreError.notNow(let reason) {
            throw VerbError.ended("Postgres answered, but not now: \(reason); nothing was changed", .tryAgain)
        }
    }

    /// The act that a command line asks for. Throws `UsageError` without a reason, and for a claim that is no name.
    static func act(_ invocation: Invocation) throws(UsageError) -> OperatorAct {
        guard let reason = invocation.value("reason"), !reason.isEmpty else {
            throw UsageError(
                path: invocation.path,
                message: "--reason is missing; it is kept with your name in the audit"
            )
        }
        guard reason.utf8.count <= 1_024 else {
            throw UsageError(path: invocation.path, message: "--reason must be at most 1024 bytes")
        }
        return OperatorAct(actor: name(claim: try claim(invocation)).text, reason: reason)
    }

    /// The same of a verb that shows secrets only when asked; nil where they stay hidden. Throws `UsageError`.
    static func revealing(_ invocation: Invocation) throws(UsageError) -> OperatorAct? {
        if invocation.flag("reveal") { return try act(invocation) }
        for option in [reason, person] where invocation.value(option.name) != nil {
            throw UsageError(path: invocation.path, message: "--\(option.name) needs --reveal")
        }
        return nil
    }

    private static func claim(_ invocation: Invocation) throws(UsageError) -> String? {
        let typed = invocation.value("as")
        guard let name = typed ?? environment(variable) else { return nil }
        guard OperatorName.isName(name) else {
            let source = typed == nil ? variable : "--as"
            throw UsageError(
                path: invocation.path,
                message: "\(source) must be a name of at most \(OperatorName.partMax) bytes, "
                    + "without commas and control characters"
            )
        }
        return name
    }

    private static func name(claim: String?) -> OperatorName {
        let loginID = (try? FileAccess.read("/proc/self/loginuid")).flatMap { content in
            OperatorName.loginID(String(decoding: content, as: UTF8.self))
        }
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        return OperatorName(
            login: loginID.map { user($0) },
            sudoer: environment("SUDO_USER").flatMap { OperatorName.isName($0) ? $0 : nil },
            user: user(geteuid()),
            claim: claim,
            host: String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        )
    }

    /// A user's name; `uid-10001` where it has none, as in most containers.
    private static func user(_ id: uid_t) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4_096)
        var name = ""
        if getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil {
            name = String(cString: entry.pw_name)
        }
        return OperatorName.isName(name) ? name : "uid-\(id)"
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
