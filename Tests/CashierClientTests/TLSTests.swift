import Foundation
import PostgresStore
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

    private let process: ChildProcess
    private let input: Int32
    private let answering: Task<Void, any Error>

    /// Makes an authority and a certificate signed by it for `names` (`DNS:localhost`, `IP:127.0.0.1`).
    init(names: String, options: [String] = [], answering reply: String = "") throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("usher-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try "subjectAltName=\(names)".write(
            to: directory.appendingPathComponent("san"),
            atomically: true,
            encoding: .utf8
        )
        try OpenSSL.run(
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"],
            in: directory
        )
        try OpenSSL.run(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=server"]
                + ["-keyout", "server.key", "-out", "server.csr"],
            in: directory
        )
        try OpenSSL.run(
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
                + ["-extfile", "san", "-out", "server.pem"],
            in: directory
        )
        // Not Foundation's: it reads beyond what it has where this process has thousands of descriptors open.
        let fifo = directory.appendingPathComponent("input").path
        let told = directory.appendingPathComponent("output").path
        try #require(mkfifo(fifo, 0o600) == 0)
        // Open for both ends, which does not wait for the other one.
        let input = open(fifo, O_RDWR | O_CLOEXEC)
        try #require(input >= 0)
        self.input = input
        process = try ChildProcess(
            ["/bin/sh", "-c", "exec \"$@\" <\"$INPUT\"", "sh", "/usr/bin/env", "-C", directory.path, "openssl"]
                + ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key"] + options,
            environment: [OpenSSL.path, "INPUT=\(fifo)"],
            output: .file(told)
        )
        // `ACCEPT 127.0.0.1:PORT` tells where it listens.
        var line: Substring?
        while line == nil, process.exitCode == nil {
            usleep(2_000)
            line = Self.text(told).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                .first { $0.hasPrefix("ACCEPT") }
        }
        answering = Task {
            while !TLSServer.text(told).contains("\"timestamp\":") { try await Task.sleep(for: .milliseconds(2)) }
            let bytes = Array(reply.utf8)
            _ = write(input, bytes, bytes.count)
        }
        guard let port = line?.split(separator: ":").last.flatMap({ Int($0) }) else {
            process.signal(SIGKILL)
            throw Unready(told: Self.text(told))
        }
        self.port = port
    }

    private static func text(_ file: String) -> String {
        FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func account(host: String, trusted: Bool) -> CashierAccount {
        var account = Sample.account(endpoint: "https://\(host):\(port)/cashier/virtual-terminal")
        account.authorityFile = trusted ? directory.appendingPathComponent("ca.pem").path : nil
        return account
    }

    func stop() {
        answering.cancel()
        process.signal(SIGKILL)
        process.wait()
        close(input)
        try? FileManager.default.removeItem(at: directory)
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
