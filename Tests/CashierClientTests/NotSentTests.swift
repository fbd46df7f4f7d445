import Glibc
import SessionCore
import Synchronization
import Testing

@testable import CashierClient

@Suite("Calls that were not sent")
struct NotSentTests {
    @Test("nobody listens")
    func refusedConnection() async throws {
        let server = RawServer { _ in }
        server.stop()
        let answer = try await CashierHTTPClient.to(server).answer()
        #expect(answer.outcome == .notSent)
        #expect(answer.code == "connect")
    }

    @Test("a name that does not exist")
    func unknownName() async throws {
        var account = Sample.account(endpoint: "https://cashier.invalid/cashier/virtual-terminal")
        account.connectTimeout = .seconds(2)
        let client = try CashierHTTPClient(accounts: [account])
        let answer = await client.answer()
        #expect(answer.outcome == .notSent)
        #expect(["dns", "timeout"].contains(answer.code), "\(answer.code)")
    }

    @Test("a server that accepts and never shakes hands")
    func silentHandshake() async throws {
        try await RawServer.with {
            $0.waitForEnd()
        } _: { server in
            let client = try CashierHTTPClient.to(server, totalTimeout: .milliseconds(400), scheme: "https")
            let answer = await client.answer()
            #expect(answer.outcome == .notSent)
            #expect(answer.code == "timeout")
        }
    }

    @Test("a server that does not speak TLS")
    func noTLS() async throws {
        try await RawServer.with {
            _ = $0.read()
            $0.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        } _: { server in
            let answer = try await CashierHTTPClient.to(server, scheme: "https").answer()
            #expect(answer.outcome == .notSent)
            #expect(answer.code == "tls")
        }
    }

    @Test("a call that waits too long for a free connection")
    func waiting() async throws {
        try await RawServer.with {
            _ = $0.readRequest()
            $0.waitForEnd()
        } _: { server in
            var limits = HTTPLimits()
            limits.inFlightMax = 1
            limits.waitMax = .milliseconds(200)
            let client = try CashierHTTPClient.to(server, limits: limits, totalTimeout: .seconds(5))
            async let first = client.answer(to: Sample.call(orderID: "o-1"))
            try await until { server.requests.count == 1 }
            let second = await client.answer(to: Sample.call(orderID: "o-2"))
            #expect(second.outcome == .notSent)
            #expect(second.code == AnswerCode.waited)
            #expect(second.elapsed >= .milliseconds(200))
            await client.close(timeout: .zero)
            #expect(await first.outcome == .unknown)
            #expect(server.requests.map(\.orderID) == ["o-1"])
        }
    }

    /// The loop is turned by hand here, with a clock that jumps.
    @Test(
        "a connection that is ready when the process goes on, after its request's time, which the line used up or not",
        arguments: [
            (.zero, HTTPLimits().waitMax, "timeout"), (.zero, .seconds(2), "timeout"),
            (.seconds(9), .seconds(2), AnswerCode.waited),
        ] as [(Duration, Duration, String)]
    )
    func stoodStill(_ queued: Duration, _ pause: Duration, _ code: String) async throws {
        try await RawServer.with {
            _ = $0.readRequest()
        } _: { server in
            let url = "http://127.0.0.1:\(server.port)/cashier/virtual-terminal"
            let target = try #require(HTTPTarget(url: url, connectTimeout: .seconds(2), totalTimeout: .seconds(20)))
            let ended = Mutex<HTTPEnding?>(nil)
            let start = HTTPStart(request: HTTPRequest(target: target, body: Array("body".utf8))) { ending in
                ended.withLock { $0 = ending }
                return .close
            }
            let loop = HTTPLoop(
                inbox: HTTPInbox(),
                limits: HTTPLimits(),
                prepare: { HTTPPreparation.make(for: $0) },
                onTurn: {}
            )
            let exchange = HTTPExchange(start: start, startedAt: loop.now - queued.nanoseconds, begunAt: loop.now)
            loop.make(for: exchange, loop.pool(for: target.origin))
            let made = loop.connections.compactMap { $0 }
            let connection = try #require(made.first)
            var socket = pollfd(fd: connection.descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&socket, 1, 10_000)
            try #require(ready == 1, "the connection did not come about")
            loop.now += pause.nanoseconds
            loop.handle(0, connection)
            let result = ended.withLock { $0 }
            let ending = try #require(result, "the request was sent")
            #expect(!ending.isBodyTouched)
            guard case .failed(code: code, _) = ending.result else {
                Issue.record("unexpected: \(ending.result)")
                return
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test("closing lets calls end, and takes no more")
    func closing() async throws {
        try await RawServer.with { connection in
            guard let request = connection.readRequest() else { return }
            connection.pause(milliseconds: 200)
            connection.write(.opened(orderID: request.orderID))
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            async let first = client.answer(to: Sample.call(orderID: "o-1"))
            try await until { server.requests.count == 1 }
            await client.close(timeout: .seconds(10))
            #expect(await first.outcome.isOpened)
            client.start([Sample.call(orderID: "o-2")])
            #expect(await client.answers()?.count == nil, "the answers have ended")
            #expect(server.requests.count == 1)
        }
    }

    @Test("closing ends what does not end by itself, as unknown")
    func closingInFlight() async throws {
        try await RawServer.with {
            _ = $0.readRequest()
            $0.waitForEnd()
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            async let first = client.answer()
            try await until { server.requests.count == 1 }
            await client.close(timeout: .milliseconds(50))
            let answer = await first
            #expect(answer.outcome == .unknown)
            #expect(answer.code == "closed")
        }
    }

    @Test("a transport that is dropped answers what it began")
    func dropped() async {
        await RawServer.with {
            _ = $0.readRequest()
            $0.waitForEnd()
        } _: { server in
            let url = "http://127.0.0.1:\(server.port)/cashier/virtual-terminal"
            let target = HTTPTarget(url: url, connectTimeout: .seconds(5), totalTimeout: .seconds(20))
            guard let target else {
                Issue.record("no target")
                return
            }
            let ending = await withCheckedContinuation { continuation in
                SocketTransport().start(HTTPRequest(target: target)) { continuation.resume(returning: $0) }
            }
            guard case .failed(code: "closed", _) = ending.result else {
                Issue.record("unexpected: \(ending.result)")
                return
            }
        }
    }
}
