import SessionCore
import Synchronization
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

    @Test("a connection on which answers are out of step is ended by the first that is another order's")
    func outOfStep() async throws {
        let accepted = Mutex(0)
        try await RawServer.with { connection in
            let number = accepted.withLock { count in
                count += 1
                return count
            }
            guard number == 1 else { return ExchangeTests.answerAll(connection) }
            guard let first = connection.readRequest() else { return }
            connection.write(.opened(orderID: first.orderID))
            // That answer comes once more when the next request is out, and each later one a request late.
            var before = first.orderID
            while let request = connection.readRequest() {
                connection.write(.opened(orderID: before))
                before = request.orderID
            }
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            #expect(await client.answer(to: Sample.call(orderID: "o-1")).outcome.isOpened)
            #expect(await client.answer(to: Sample.call(orderID: "o-2")).code == "echo")
            for number in 3...5 {
                let answer = await client.answer(to: Sample.call(orderID: "o-\(number)"))
                #expect(answer.outcome.isOpened, "\(answer.code)")
            }
            #expect(server.requests.map(\.orderID) == ["o-1", "o-2", "o-3", "o-4", "o-5"])
            #expect(server.connectionCount == 2)
        }
    }

    /// Answers in good order on the wire that leave open what became of the call.
    static let doubts: [Breakage] = [
        Breakage("a wrong signature", ["bad_signature"]) { connection in
            while let request = connection.readRequest() {
                var reply = SampleReply.opened(orderID: request.orderID)
                reply.secret = "other"
                connection.write(reply)
            }
        },
        Breakage("an old answer", ["stale"]) { connection in
            while let request = connection.readRequest() {
                connection.write(.opened(orderID: request.orderID, at: Sample.signedAt - 3_600))
            }
        },
        Breakage("a page of something in between", ["http_502"]) { connection in
            while connection.readRequest() != nil {
                connection.write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")
            }
        },
    ]

    @Test("an answer that leaves the outcome unknown is the last on its connection", arguments: doubts)
    func doubt(_ doubt: Breakage) async throws {
        try await RawServer.with(doubt.handler) { server in
            let client = try CashierHTTPClient.to(server)
            for number in 1...3 {
                let answer = await client.answer(to: Sample.call(orderID: "o-\(number)"))
                #expect(answer.outcome == .unknown)
                #expect(doubt.codes.contains(answer.code), "\(answer.code)")
            }
            #expect(server.connectionCount == 3)
        }
    }

    @Test("a refusal that is believed leaves its connection to the next call")
    func refusals() async throws {
        try await RawServer.with { connection in
            while connection.readRequest() != nil { connection.write(.refused(400, "Input validation failed")) }
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            for number in 1...3 {
                let answer = await client.answer(to: Sample.call(orderID: "o-\(number)"))
                #expect(answer.outcome == .refused(.declined))
            }
            #expect(server.connectionCount == 1)
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
