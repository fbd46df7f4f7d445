import Foundation
import SessionCore
import Synchronization
import Testing

@testable import CashierClient

/// OpenSSL's own server with a certificate made for the test. It answers the first request with `reply`.
private final class TLSServer {
    let port: Int
    let directory: URL

    struct Unready: Error {
        var told: String
    }

    private let process = Process()
    private let input = Pipe()

    /// Makes an authority and a certificate signed by it for `names` (`DNS:localhost`, `IP:127.0.0.1`).
    init(names: String, options: [String] = [], answering reply: String = "") throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("usher-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try "subjectAltName=\(names)".write(
            to: directory.appendingPathComponent("san"),
            atomically: true,
            encoding: .utf8
        )
        try Self.openssl(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"],
            in: directory
        )
        try Self.openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server"]
                + ["-keyout", "server.key", "-out", "server.csr"],
            in: directory
        )
        try Self.openssl(
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
                + ["-extfile", "san", "-out", "server.pem"],
            in: directory
        )
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments =
            ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key"] + options
        process.currentDirectoryURL = directory
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        // `ACCEPT 127.0.0.1:PORT` tells where it listens.
        var told = ""
        var line: Substring?
        while line == nil {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            told += String(decoding: more, as: UTF8.self)
            line = told.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .first { $0.hasPrefix("ACCEPT") }
        }
        guard let port = line?.split(separator: ":").last.flatMap({ Int($0) }) else {
            kill(process.processIdentifier, SIGKILL)
            throw Unready(told: told)
        }
        self.port = port
        let writer = input.fileHandleForWriting
        let seen = Mutex("")
        output.fileHandleForReading.readabilityHandler = { handle in
            let isAsked = seen.withLock { seen in
                let wasAsked = seen.contains("\"timestamp\":")
                seen += String(decoding: handle.availableData, as: UTF8.self)
                return !wasAsked && seen.contains("\"timestamp\":")
            }
            if isAsked { writer.write(Data(reply.utf8)) }
        }
    }

    func account(host: String, trusted: Bool) -> CashierAccount {
        var account = Sample.account(endpoint: "https://\(host):\(port)/cashier/virtual-terminal")
        account.authorityFile = trusted ? directory.appendingPathComponent("ca.pem").path : nil
        return account
    }

    func stop() {
        // Children of this process inherit blocked signals; this one cannot be blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    private static func openssl(_ arguments: [String], in directory: URL) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments[0]) failed")
    }
}

@Suite("TLS")
struct TLSTests {
    private func answer(_ account: CashierAccount) async throws -> CashierAnswer {
        try await CashierHTTPClient(accounts: [account]).answer()
    }

    @Test("the right name under a trusted authority opens a session")
    func good() async throws {
        let server = try TLSServer(names: "DNS:localhost", answering: SampleReply.opened().http)
        defer { server.stop() }
        let answer = try await answer(server.account(host: "localhost", trusted: true))
        #expect(answer.outcome.isOpened, "\(answer.code) \(answer.message)")
    }

    @Test("an authority that is not trusted, and a wrong name, are refused before anything is sent")
    func refused() async throws {
        let server = try TLSServer(names: "DNS:other.example.test", answering: SampleReply.opened().http)
        defer { server.stop() }
        for isTrusted in [false, true] {
            let answer = try await answer(server.account(host: "localhost", trusted: isTrusted))
            #expect(answer.outcome == .notSent)
            #expect(answer.code == "tls")
        }
        let address = try await answer(server.account(host: "127.0.0.1", trusted: true))
        #expect(address.outcome == .notSent)
        let probe = try await CashierHTTPClient(accounts: [server.account(host: "localhost", trusted: false)])
            .probe(account: "demo", now: Sample.markedAt)
        #expect(!probe.isReached)
        #expect(probe.code == "tls")
    }

    @Test("an old version of TLS is refused")
    func oldVersion() async throws {
        let server = try TLSServer(
            names: "DNS:localhost",
            options: ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            answering: SampleReply.opened().http
        )
        defer { server.stop() }
        let answer = try await answer(server.account(host: "localhost", trusted: true))
        #expect(answer.outcome == .notSent)
        #expect(answer.code == "tls")
    }
}
