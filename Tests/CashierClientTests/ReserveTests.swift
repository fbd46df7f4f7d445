import SessionCore
import Testing

@testable import CashierClient

@Suite("Connections that agents have in reserve")
struct ReserveTests {
    private static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.inFlightMax = 3
        limits.reserve = 1
        return limits
    }

    @Test("an agent's call is sent at once beside campaigns whose provider is silent, however many of theirs wait")
    func besideASilentProvider() async throws {
        try await RawServer.with {
            _ = $0.readRequest()
            $0.waitForEnd()
        } _: { server in
            let client = try CashierHTTPClient.to(server, limits: Self.limits)
            client.start((1...5).map { Sample.call(orderID: "c-\($0)", lane: $0 == 2 ? .replay : .campaign) })
            client.start([Sample.call(orderID: "a-1")])
            try await until { server.requests.count == 3 }
            #expect(Set(server.requests.map(\.orderID)) == ["c-1", "c-2", "a-1"])
            await client.close(timeout: .zero)
        }
    }

    @Test("agents may use all connections")
    func agentsUseAll() async throws {
        try await RawServer.with {
            _ = $0.readRequest()
            $0.waitForEnd()
        } _: { server in
            let client = try CashierHTTPClient.to(server, limits: Self.limits)
            client.start((1...4).map { Sample.call(orderID: "a-\($0)") })
            try await until { server.requests.count == 3 }
            #expect(Set(server.requests.map(\.orderID)) == ["a-1", "a-2", "a-3"])
            await client.close(timeout: .zero)
        }
    }

    /// However a call ends it gives its place back: none waits too long.
    @Test("a campaign's calls follow one another, whether they are answered or cut off")
    func oneAfterAnother() async throws {
        try await RawServer.with { connection in
            while let request = connection.readRequest(), !request.orderID.hasSuffix("5") {
                connection.write(.opened(orderID: request.orderID))
            }
        } _: { server in
            var limits = Self.limits
            limits.waitMax = .seconds(5)
            let client = try CashierHTTPClient.to(server, limits: limits)
            client.start((0..<50).map { Sample.call(orderID: "c-\($0)", lane: .campaign) })
            var ended: [AnsweredCall] = []
            while ended.count < 50, let answered = await client.answers() { ended += answered }
            #expect(ended.count { $0.answer.outcome.isOpened } == 45)
            #expect(server.requests.count == 50)
            await client.close(timeout: .zero)
        }
    }
}
