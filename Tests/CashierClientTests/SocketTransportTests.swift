import Glibc
import Synchronization
import Testing

@testable import CashierClient

@Suite("The HTTP client over raw sockets")
struct SocketTransportTests {
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    static func target(_ server: RawServer, total: Duration = .seconds(60)) throws -> HTTPTarget {
        try #require(
            HTTPTarget(url: "http://127.0.0.1:\(server.port)/x", connectTimeout: .seconds(30), totalTimeout: total)
        )
    }

    /// One request and how it ended.
    static func ask(
        _ transport: SocketTransport,
        _ target: HTTPTarget,
        body: [UInt8] = Array("body".utf8)
    ) async -> HTTPEnding {
        await withCheckedContinuation { continuation in
            transport.start(HTTPRequest(target: target, body: body)) { continuation.resume(returning: $0) }
        }
    }

    private func isOK(_ ending: HTTPEnding) -> Bool {
        if case .reply(let reply) = ending.result { reply.body == Array("ok".utf8) } else { false }
    }

    private func code(_ ending: HTTPEnding) -> String {
        if case .failed(let code, _) = ending.result { code } else { "reply" }
    }

    @Test("a connection that ended while it was idle costs another one, never a request")
    func endedWhileIdle() async throws {
        let ended = Mutex(0)
        try await RawServer.with { connection in
            guard connection.readRequest() != nil else { return }
            connection.write(Self.ok)
            if ended.withLock({ $0 }) % 2 == 0 { connection.close() } else { connection.reset() }
            ended.withLock { $0 += 1 }
        } _: { server in
            let transport = SocketTransport()
            let target = try Self.target(server)
            for number in 1...30 {
                let ending = await Self.ask(transport, target)
                #expect(isOK(ending), "\(ending.result)")
                try await until { ended.withLock { $0 } == number }
            }
            #expect(server.requests.count == 30)
        }
    }

    @Test(
        "a connection is not used again after a reply with anything odd about it",
        arguments: [
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!",
            "HTTP/1.1 200 OK\r\nKeep-Alive: max=9, timeout=1\r\nContent-Length: 2\r\n\r\nok",
        ]
    )
    func notUsedAgain(_ reply: String) async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(reply) }
        } _: { server in
            let transport = SocketTransport()
            let target = try Self.target(server)
            for _ in 0..<3 { #expect(isOK(await Self.ask(transport, target))) }
            #expect(server.connectionCount == 3)
        }
    }

    @Test("bytes that come while a connection is idle end it")
    func unasked() async throws {
        let surplus = Mutex(0)
        try await RawServer.with { connection in
            while connection.readRequest() != nil {
                connection.write(Self.ok)
                guard surplus.withLock({ $0 }) == 0 else { continue }
                connection.write(Self.ok)
                surplus.withLock { $0 += 1 }
            }
        } _: { server in
            let transport = SocketTransport()
            let target = try Self.target(server)
            #expect(isOK(await Self.ask(transport, target)))
            try await until { surplus.withLock { $0 } == 1 }
            for _ in 0..<2 { #expect(isOK(await Self.ask(transport, target))) }
            #expect(server.requests.count == 3)
            #expect(server.connectionCount == 2)
        }
    }

    @Test("old connections are not used again")
    func age() async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(Self.ok) }
        } _: { server in
            var limits = HTTPLimits()
            limits.connectionSecondsMax = 0
            let transport = SocketTransport(limits: limits)
            let target = try Self.target(server)
            for _ in 0..<3 { #expect(isOK(await Self.ask(transport, target))) }
            #expect(server.connectionCount == 3)
        }
    }

    @Test("a reply that ends with the connection is whole, and half-closing after a reply is no fault")
    func untilEnd() async throws {
        try await RawServer.with { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\r\nok")
        } _: { server in
            let transport = SocketTransport()
            let target = try Self.target(server)
            for _ in 0..<3 { #expect(isOK(await Self.ask(transport, target))) }
        }
    }

    @Test("a reply that comes byte by byte is read")
    func slowly() async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil {
                for character in Self.ok.unicodeScalars {
                    connection.write(String(character))
                    connection.pause(milliseconds: 1)
                }
            }
        } _: { server in
            let transport = SocketTransport()
            let target = try Self.target(server)
            for _ in 0..<2 { #expect(isOK(await Self.ask(transport, target))) }
            #expect(server.connectionCount == 1)
        }
    }

    @Test("a refusal that comes before the request was whole is taken, and its connection is not")
    func earlyReply() async throws {
        try await RawServer.with { connection in
            _ = connection.read()
            connection.write("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n")
            // Longer than the reply needs; the rest of the request is never read.
            connection.pause(milliseconds: 500)
        } _: { server in
            let transport = SocketTransport()
            let ending = await Self.ask(
                transport,
                try Self.target(server),
                body: [UInt8](repeating: 0, count: 32 << 20)
            )
            #expect(ending.isBodyTouched)
            guard case .reply(let reply) = ending.result else {
                Issue.record("\(ending.result)")
                return
            }
            #expect(reply.status == 413)
        }
    }

    @Test("a connection that breaks in the middle of a request leaves it unknown")
    func brokenWithin() async throws {
        try await RawServer.with { connection in
            _ = connection.read()
            connection.reset()
        } _: { server in
            let transport = SocketTransport()
            let ending = await Self.ask(
                transport,
                try Self.target(server),
                body: [UInt8](repeating: 0, count: 32 << 20)
            )
            #expect(code(ending) == "reset")
            #expect(ending.isBodyTouched)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("a server that speaks first is not spoken to, or not believed")
    func speaksFirst() async throws {
        try await RawServer.with { connection in
            connection.write("SSH-2.0-OpenSSH_9.2\r\n")
            connection.waitForEnd()
        } _: { server in
            let ending = await Self.ask(SocketTransport(), try Self.target(server))
            #expect(code(ending) == "not_http")
        }
    }

    @Test("the time of a request is up, whether or not its reply drips in")
    func tooSlow() async throws {
        try await RawServer.with { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\n")
            while connection.write("X: y\r\n") { connection.pause(milliseconds: 20) }
        } _: { server in
            let ending = await Self.ask(SocketTransport(), try Self.target(server, total: .milliseconds(300)))
            #expect(code(ending) == "timeout")
            #expect(ending.isBodyTouched)
            #expect(ending.elapsed >= .milliseconds(300))
        }
    }

    @Test("1,000 requests at once over 1,000 connections, each told once, and the owner after each turn")
    func atOnce() async throws {
        final class Told: Sendable {
            let gathered = Mutex<[Int]>([])
            let handedOver = Mutex<[Int]>([])
        }
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(Self.ok) }
        } _: { server in
            let told = Told()
            var limits = HTTPLimits()
            limits.inFlightMax = 1000
            limits.waitMax = .seconds(60)
            let transport = SocketTransport(limits: limits) {
                let gathered = told.gathered.withLock { gathered in
                    defer { gathered = [] }
                    return gathered
                }
                told.handedOver.withLock { $0 += gathered }
            }
            let target = try Self.target(server)
            transport.start(
                (0..<1000).map { number in
                    HTTPStart(request: HTTPRequest(target: target, body: Array("\(number)".utf8))) { ending in
                        guard case .reply = ending.result else { return .close }
                        told.gathered.withLock { $0.append(number) }
                        return .keep
                    }
                }
            )
            let deadline = ContinuousClock.now + .seconds(60)
            while told.handedOver.withLock({ $0.count }) < 1000, ContinuousClock.now < deadline { await Task.yield() }
            #expect(told.handedOver.withLock { $0.sorted() } == Array(0..<1000))
            #expect(server.requests.count == 1000)
            await transport.close(timeout: .seconds(1))
        }
    }

    @Test("what would end a header's line is not sent, and plain HTTP goes nowhere but here")
    func refused() async throws {
        try await RawServer.with {
            $0.waitForEnd()
        } _: { server in
            let target = try #require(
                HTTPTarget(
                    url: "http://127.0.0.1:\(server.port)/x",
                    ownHeader: "X",
                    connectTimeout: .seconds(30),
                    totalTimeout: .seconds(60)
                )
            )
            let transport = SocketTransport()
            let endsItsLine = HTTPRequest(target: target, ownHeader: "a\r\nY: b")
            let hasNone = HTTPRequest(target: target)
            let hasOneTooMany = HTTPRequest(target: try Self.target(server), ownHeader: "a")
            for request in [endsItsLine, hasNone, hasOneTooMany] {
                let ending = await withCheckedContinuation { continuation in
                    transport.start(request) { continuation.resume(returning: $0) }
                }
                #expect(code(ending) == "setup")
                #expect(!ending.isBodyTouched)
            }
        }
        let split = HTTPTarget(
            url: "http://127.0.0.1/x",
            ownHeader: "X: a\r\nY",
            connectTimeout: .seconds(1),
            totalTimeout: .seconds(1)
        )
        #expect(split == nil)
        for url in ["http://cashier.example.test/x", "ftp://127.0.0.1/x", "https://u@cashier.example.test/"] {
            #expect(HTTPTarget(url: url, connectTimeout: .seconds(1), totalTimeout: .seconds(1)) == nil)
        }
    }

    private func namedTarget(_ port: UInt16, connectTimeout: Duration = .seconds(30)) throws -> HTTPTarget {
        try #require(
            HTTPTarget(
                url: "http://localhost:\(port)/x",
                connectTimeout: connectTimeout,
                totalTimeout: .seconds(60)
            )
        )
    }

    @Test("a name is tried at each of its addresses, and resolved once")
    func addresses() async throws {
        let deadServer = RawServer { _ in }
        deadServer.stop()
        let deadPort = deadServer.port
        final class Count: Sendable {
            let value = Mutex(0)
        }
        let resolved = Count()
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(Self.ok) }
        } _: { server in
            let port = server.port
            var limits = HTTPLimits()
            limits.idleSecondsMax = 0
            let transport = SocketTransport(
                limits: limits,
                prepare: { _ in
                    resolved.value.withLock { $0 += 1 }
                    let addresses = [deadPort, port].flatMap {
                        (try? SocketAddress.resolve("127.0.0.1", port: $0).get()) ?? []
                    }
                    return .success(HTTPPreparation(addresses: addresses, context: nil))
                }
            )
            let target = try namedTarget(port)
            for _ in 0..<3 { #expect(isOK(await Self.ask(transport, target))) }
            #expect(server.connectionCount == 3)
            #expect(resolved.value.withLock { $0 } == 1)
            #expect(server.requests.first?.header("Host") == "localhost:\(port)")
        }
    }

    @Test("a resolver that hangs delays its own name only, and nothing is sent")
    func hangingResolver() async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(Self.ok) }
        } _: { server in
            let transport = SocketTransport(prepare: { _ in
                usleep(1_000_000)
                return .failure(HTTPFailure(code: "dns", detail: "late"))
            })
            async let hanging = Self.ask(
                transport,
                try namedTarget(server.port, connectTimeout: .milliseconds(200))
            )
            #expect(isOK(await Self.ask(transport, try Self.target(server))))
            let ending = try await hanging
            #expect(code(ending) == "timeout")
            #expect(!ending.isBodyTouched)
        }
    }
}
