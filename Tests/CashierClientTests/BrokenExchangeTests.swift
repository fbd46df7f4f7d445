import SessionCore
import Testing

@testable import CashierClient

@Suite("Calls that break")
struct BrokenExchangeTests {
    /// One way to treat the first request, and what it must come to.
    struct Breakage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var codes: Set<String>
        var totalTimeout: Duration
        var handler: RawServer.Handler

        init(
            _ title: String,
            _ codes: Set<String>,
            totalTimeout: Duration = .seconds(20),
            handler: @escaping RawServer.Handler
        ) {
            testDescription = title
            self.codes = codes
            self.totalTimeout = totalTimeout
            self.handler = handler
        }
    }

    static let breakages: [Breakage] = [
        Breakage("reset after the request", ["reset"]) {
            _ = $0.readRequest()
            $0.reset()
        },
        Breakage("closed after the request", ["eof"]) { _ = $0.readRequest() },
        Breakage("never answered", ["timeout"], totalTimeout: .milliseconds(300)) {
            _ = $0.readRequest()
            $0.waitForEnd()
        },
        Breakage("answered after the client has gone", ["timeout"], totalTimeout: .milliseconds(300)) {
            _ = $0.readRequest()
            $0.waitForEnd()
            $0.write(.opened())
        },
        Breakage("head byte by byte", ["timeout"], totalTimeout: .milliseconds(500)) { connection in
            _ = connection.readRequest()
            for character in SampleReply.opened().http {
                guard connection.write(String(character)) else { return }
                connection.pause(milliseconds: 20)
            }
        },
        Breakage("half a head", ["eof", "reset", "bad_signature", "not_json"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Le")
        },
        Breakage("half a body", ["eof"]) {
            _ = $0.readRequest()
            $0.write(String(SampleReply.opened().http.dropLast(40)))
        },
        Breakage("half a chunk", ["eof"]) {
            _ = $0.readRequest()
            $0.write(String(SampleReply.opened().chunked().dropLast(40)))
        },
        Breakage("a length that is too short", ["not_json"]) {
            _ = $0.readRequest()
            var lines = SampleReply.opened().http.split(separator: "\r\n", omittingEmptySubsequences: false)
            for index in lines.indices where lines[index].hasPrefix("Content-Length") {
                lines[index] = "Content-Length: 99"
            }
            $0.write(lines.joined(separator: "\r\n"))
        },
        Breakage("a body of 70,000 bytes", ["too_large"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + String(repeating: " ", count: 70_000))
        },
        Breakage("a body without end", ["too_large"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while $0.write("400\r\n" + String(repeating: " ", count: 1024) + "\r\n") {}
        },
        Breakage("a head without end", ["too_large"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\n")
            while $0.write("X-More: " + String(repeating: "x", count: 500) + "\r\n") {}
        },
        Breakage("another protocol", ["protocol", "not_http"]) {
            _ = $0.readRequest()
            $0.write("SSH-2.0-OpenSSH_9.2\r\n")
        },
        Breakage("bytes that say they are compressed", ["not_json"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1F}abc")
        },
        Breakage("an empty body", ["not_json"]) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        },
    ]

    @Test("once the request has gone out, nothing but an answer is certain", arguments: breakages)
    func breakage(_ breakage: Breakage) async throws {
        try await RawServer.with(breakage.handler) { server in
            let client = try CashierHTTPClient.to(server, totalTimeout: breakage.totalTimeout)
            let answer = await client.answer()
            #expect(answer.outcome == .unknown)
            #expect(breakage.codes.contains(answer.code), "\(answer.code)")
            #expect(server.requests.count == 1)
            #expect(!answer.message.contains("127.0.0.1"))
        }
    }

    /// How a server may treat the second request on a connection that it has answered before.
    static let deaths: [Breakage] = [
        Breakage("closed", ["eof"]) { _ = $0.readRequest() },
        Breakage("reset", ["reset", "eof"]) {
            _ = $0.readRequest()
            $0.reset()
        },
    ]

    @Test("a request that dies on a used connection is never sent again", arguments: deaths)
    func death(_ death: Breakage) async throws {
        try await RawServer.with { connection in
            guard let first = connection.readRequest() else { return }
            connection.write(.opened(orderID: first.orderID))
            death.handler(connection)
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            for number in 0..<20 {
                #expect(await client.answer(to: Sample.call(orderID: "a-\(number)")).outcome.isOpened)
                let answer = await client.answer(to: Sample.call(orderID: "b-\(number)"))
                #expect(answer.outcome == .unknown)
                #expect(death.codes.contains(answer.code), "\(answer.code)")
            }
            #expect(server.requests.count == 40)
            #expect(Set(server.requests.map(\.orderID)).count == 40)
            #expect(server.connectionCount == 20)
        }
    }

    @Test("connections that the server has closed in the meantime cost nothing")
    func closedMeanwhile() async throws {
        try await RawServer.with { connection in
            guard let first = connection.readRequest() else { return }
            connection.write(.opened(orderID: first.orderID))
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            for number in 0..<50 {
                let answer = await client.answer(to: Sample.call(orderID: "o-\(number)"))
                // The farewell may cross the next request, which is then unknown; it must not go out twice.
                #expect(answer.outcome.isOpened || answer.outcome == .unknown, "\(answer)")
            }
            let orders = server.requests.map(\.orderID)
            #expect(Set(orders).count == orders.count)
        }
    }

    @Test("an answer that nobody asked for is not taken for the next order's")
    func surplus() async throws {
        try await RawServer.with { connection in
            while let request = connection.readRequest() {
                connection.write(
                    SampleReply.opened(orderID: request.orderID).http + SampleReply.opened(orderID: "x").http
                )
            }
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            for number in 0..<20 {
                let answer = await client.answer(to: Sample.call(orderID: "o-\(number)"))
                #expect(answer.outcome.isOpened || answer.code == "echo")
            }
            #expect(await client.answer(to: Sample.call(orderID: "o-0")).outcome.isOpened)
        }
    }

    @Test("redirects are not followed", arguments: [301, 302, 303, 307, 308])
    func redirect(_ status: Int) async throws {
        try await RawServer.with(ExchangeTests.answerAll) { target in
            try await RawServer.with { connection in
                _ = connection.readRequest()
                let location = "http://127.0.0.1:\(target.port)/cashier/virtual-terminal"
                connection.write("HTTP/1.1 \(status) Go\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
            } _: { server in
                let answer = try await CashierHTTPClient.to(server).answer()
                #expect(answer.outcome == .unknown)
                #expect(answer.code == "redirect")
                #expect(answer.httpStatus == status)
                #expect(target.connectionCount == 0)
            }
        }
    }
}
