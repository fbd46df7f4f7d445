import Cryptography
import Foundation
import Synchronization
import Testing

@testable import CashierClient

/// The name's addresses are ports of this machine here.
@Suite("The addresses of a name, over TLS")
struct AddressTests {
    /// What is wrong with an address that takes connections.
    enum Fault: CaseIterable, Sendable {
        case silent
        case closing
        case untrusted
    }

    /// A folder with certificates for localhost, each its own authority: `right.pem` and `other.pem`, and their keys.
    private final class Certificates {
        private let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("usher-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for name in ["right", "other"] {
                try OpenSSL.run(
                    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                        + ["-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost"]
                        + ["-keyout", "\(name).key", "-out", "\(name).pem"],
                    in: folder
                )
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        /// What a server with this certificate shows.
        func server(_ name: String) throws -> TLSServerContext {
            try TLSServerContext(certificateFile: path("\(name).pem"), keyFile: path("\(name).key"))
        }

        /// Who trusts this certificate only.
        func client(trusting name: String) throws -> TLSClientContext {
            let file = path("\(name).pem")
            return try #require(TLSClientContext(authorityFile: file))
        }

        private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    }

    /// How many requests a server has read.
    private final class Asked: Sendable {
        private let number = Mutex(0)

        var count: Int { number.withLock { $0 } }
        func add() { number.withLock { $0 += 1 } }
    }

    /// Answers every request with `ok`, over TLS.
    private func answering(_ context: TLSServerContext, _ asked: Asked) -> RawServer.Handler {
        return { connection in
            guard let channel = context.accept() else { return }
            var request: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while let bytes = connection.read() {
                bytes.withUnsafeBytes { channel.feed($0) }
                var reading = TLSChannel.Reading.bytes(0)
                while case .bytes = reading {
                    reading = buffer.withUnsafeMutableBytes { channel.read(into: $0) }
                    if case .bytes(let count) = reading { request += buffer[..<count] }
                }
                if request.suffix(8).elementsEqual("\r\n\r\nbody".utf8) {
                    asked.add()
                    request = []
                    _ = Array(SocketTransportTests.ok.utf8).withUnsafeBytes { channel.write($0) }
                }
                connection.write(bytes: channel.takeOutput())
                if reading == .end { return }
            }
        }
    }

    private func handler(_ fault: Fault, untrusted: @escaping RawServer.Handler) -> RawServer.Handler {
        switch fault {
        case .silent: return { $0.waitForEnd() }
        case .closing: return { _ = $0.read() }
        case .untrusted: return untrusted
        }
    }

    /// Goes to the ports in this order, by a new connection for each request.
    private func makeTransport(to ports: [UInt16], _ context: TLSClientContext) -> SocketTransport {
        var limits = HTTPLimits()
        limits.idleSecondsMax = 0
        return SocketTransport(
            limits: limits,
            prepare: { _ in
                let addresses = ports.flatMap { (try? SocketAddress.resolve("127.0.0.1", port: $0).get()) ?? [] }
                return .success(HTTPPreparation(addresses: addresses, context: context))
            }
        )
    }

    private func target(connectTimeout: Duration) throws -> HTTPTarget {
        try #require(
            HTTPTarget(url: "https://localhost/x", connectTimeout: connectTimeout, totalTimeout: .seconds(60))
        )
    }

    @Test(
        "one that hangs in TLS, breaks off or shows a wrong certificate is left for the next, which is first then",
        arguments: Fault.allCases
    )
    func left(_ fault: Fault) async throws {
        let certificates = try Certificates()
        let context = try certificates.client(trusting: "right")
        let fooled = Asked()
        let asked = Asked()
        let faulty = handler(fault, untrusted: answering(try certificates.server("other"), fooled))
        let good = answering(try certificates.server("right"), asked)
        try await RawServer.with(faulty) { first in
            try await RawServer.with(good) { second in
                let transport = makeTransport(to: [first.port, second.port], context)
                for number in 1...2 {
                    let ending = await SocketTransportTests.ask(transport, try target(connectTimeout: .seconds(4)))
                    guard case .reply(let reply) = ending.result else {
                        Issue.record("\(number): \(ending.result)")
                        return
                    }
                    #expect(reply.body == Array("ok".utf8))
                }
                #expect(first.connectionCount == 1)
                #expect(second.connectionCount == 2)
                #expect(asked.count == 2)
                #expect(fooled.count == 0)
            }
        }
    }

    @Test("a certificate that is refused is told, whatever the other address comes to")
    func told() async throws {
        let certificates = try Certificates()
        let context = try certificates.client(trusting: "right")
        let fooled = Asked()
        let deadServer = RawServer { _ in }
        deadServer.stop()
        let dead = deadServer.port
        try await RawServer.with(answering(try certificates.server("other"), fooled)) { untrusted in
            try await RawServer.with {
                $0.waitForEnd()
            } _: { silent in
                let bad = untrusted.port
                for ports in [[bad, dead], [dead, bad], [bad, silent.port], [bad, bad]] {
                    let transport = makeTransport(to: ports, context)
                    let ending = await SocketTransportTests.ask(transport, try target(connectTimeout: .seconds(2)))
                    #expect(!ending.isBodyTouched)
                    guard case .failed(code: "tls", detail: let detail) = ending.result else {
                        Issue.record("\(ending.result)")
                        continue
                    }
                    #expect(detail.contains("certificate is refused"))
                }
                #expect(untrusted.connectionCount == 5)
                #expect(fooled.count == 0)
            }
        }
    }
}
