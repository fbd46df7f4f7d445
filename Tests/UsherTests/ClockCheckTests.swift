import SessionCore
import Testing
import UsherTestKit

@testable import usher

@Suite("Clock check", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ClockCheckTests {
    @Test("a worker starts only while this machine's clock is within five seconds of the database's")
    func startIsRefused() async throws {
        let store = try await PostgresFixture.make().store(worker: "clock")
        try await ClockCheck.require(store)
        for offset in [Duration.seconds(-30), .seconds(8)] {
            do {
                try await ClockCheck.require(store, now: { .systemNow.advanced(by: offset) })
                Issue.record("started with a clock that is off by \(offset)")
            } catch VerbError.ended(let message, let code) {
                #expect(code == .tryAgain)
                #expect(message.contains(offset < .zero ? "behind the database's" : "ahead of the database's"))
            }
        }
        await store.close()
    }
}
