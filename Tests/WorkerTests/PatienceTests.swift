import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import Worker

@Suite("Patience")
struct PatienceTests {
    @Test("that a database stays away is said again after a while, and that it is back once")
    func repeatsItself() async throws {
        let (store, lines) = (MemoryStore(), Lines())
        let patience = Patience(
            log: Log(level: .debug, format: .text) { lines.add($0) },
            clock: WorkerClock(wall: Timestamp(seconds: 1_000_000)),
            repeatAfter: .zero
        )
        store.setAway(true)
        for _ in 0..<3 { _ = try await patience.once { try await store.heartbeat(lifetime: .seconds(1)) } }
        #expect(patience.waitsForDatabase)
        store.setAway(false)
        for _ in 0..<2 { _ = try await patience.once { try await store.heartbeat(lifetime: .seconds(1)) } }
        #expect(!patience.waitsForDatabase)
        let said = ["still waiting", "is back"].map { text in lines.all.count { $0.contains(text) } }
        #expect(said == [2, 1])
    }
}
