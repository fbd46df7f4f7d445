import Glibc
import SessionCore
import Terminal

/// Who types a command that changes something, and why.
enum Operator {
    /// `user@host`: the account of the operating system that this process runs as.
    static var name: String {
        let id = geteuid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4_096)
        var user = "uid-\(id)"
        if getpwuid_r(id, &entry, &buffer, buffer.count, &found) == 0, found != nil {
            user = String(cString: entry.pw_name)
        }
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(decoding: "\(user)@\(name)".utf8.prefix(128), as: UTF8.self)
    }

    /// Runs an act that the store does not do again when its answer was lost. Throws `VerbError` then, which names the
    /// command that tells whether it was done.
    static func once<Value: Sendable>(
        seenBy command: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch StoreError.unavailable(let reason) {
            let doubt = "it may have been done all the same; `\(command)` tells"
            throw VerbError.ended("Postgres cannot be reached: \(reason); \(doubt)", .unavailable)
        }
    }

    /// The option that says why.
    static let reason = CommandOption.value("reason", "TEXT", "why; it is kept in the audit with your name.")

    /// The act that a command line asks for. Throws `UsageError` without a reason.
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
        return OperatorAct(actor: name, reason: reason)
    }
}
