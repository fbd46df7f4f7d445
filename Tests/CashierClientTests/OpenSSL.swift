import Foundation
import PostgresStore
import Testing

/// The program `openssl`, for certificates that tests make. Not started by Foundation: that reads beyond what it has where
/// this process has thousands of descriptors open.
enum OpenSSL {
    /// The program's environment: where it is looked for.
    static let path = "PATH=" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")

    /// Runs it in a folder to its end, blocking. Fails the test that calls it where the program does.
    static func run(_ arguments: [String], in folder: URL) throws {
        let words = ["/usr/bin/env", "-C", folder.path, "openssl"] + arguments
        let process = try ChildProcess(words, environment: [path], output: .discard)
        try #require(process.wait() == 0, "openssl \(arguments[0]) failed")
    }
}
