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

    @Test("the database is back once nothing waits for it any more, whatever else gets through meanwhile")
    func isBackForAll() async throws {
        let (full, well, lines) = (MemoryStore(), MemoryStore(), Lines())
        let patience = Patience(
            log: Log(level: .debug, format: .text) { lines.add($0) },
            clock: WorkerClock(wall: Timestamp(seconds: 1_000_000))
        )
        full.setAway(true)
        let written = Task { try await patience.untilDone { try await full.heartbeat(lifetime: .seconds(1)) } }
        let deadline = ContinuousClock.now + .seconds(20)
        while !patience.waitsForDatabase, ContinuousClock.now < deadline { await Task.yield() }
        for _ in 0..<3 { try await patience.untilDone { try await well.heartbeat(lifetime: .seconds(1)) } }
        #expect(patience.waitsForDatabase)
        full.setAway(false)
        try await written.value
        #expect(!patience.waitsForDatabase)
        let said = ["waiting for", "is back"].map { text in lines.all.count { $0.contains(text) } }
        #expect(said == [1, 1])
    }

    @Test("one who asks again and again waits until it gets through, or gives up")
    func waitsThoughItAsksAgain() async throws {
        let (full, well) = (MemoryStore(), MemoryStore())
        let patience = Patience(log: .silent, clock: WorkerClock(wall: Timestamp(seconds: 1_000_000)))
        for givesUp in [false, true] {
            full.setAway(true)
            var isWaiting = false
            for _ in 0..<2 {
                let none: Void? = try await patience.once(isWaiting: &isWaiting) {
                    try await full.heartbeat(lifetime: .seconds(1))
                }
                #expect(none == nil)
                try await patience.untilDone { try await well.heartbeat(lifetime: .seconds(1)) }
                #expect(patience.waitsForDatabase)
            }
            full.setAway(false)
            if !givesUp {
                _ = try await patience.once(isWaiting: &isWaiting) { try await full.heartbeat(lifetime: .seconds(1)) }
            }
            patience.gaveUp(isWaiting: isWaiting)
            try await patience.untilDone { try await well.heartbeat(lifetime: .seconds(1)) }
            #expect(!patience.waitsForDatabase)
        }
    }

    @Test("a server that only takes reads is no database")
    func readsAreNotEnough() async throws {
        let store = MemoryStore()
        let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))
        let patience = Patience(log: .silent, clock: clock)
        store.setReadOnly(true)
        _ = try await patience.once { try await store.heartbeat(lifetime: .seconds(1)) }
        _ = try await patience.untilDone(onlyReads: true) { try await store.holds() }
        #expect(patience.silence(at: clock.uptime) != nil)
        store.setReadOnly(false)
        _ = try await patience.once { try await store.heartbeat(lifetime: .seconds(1)) }
        #expect(patience.silence(at: clock.uptime) == nil)
    }
}
