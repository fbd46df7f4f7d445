import BlockingThreads
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import PostgresStore

/// Who gets a connection when all are in use.
@Suite struct UrgencyTests {
    private final class Notes: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ note: String) { list.withLock { $0.append(note) } }
    }

    @Test func whatIsUrgentGoesBeforeWhatCameEarlier() async throws {
        var options = try await Bench().fixture.options
        options.connectionsMax = 1
        let pool = PostgresPool(options: options, log: .silent)
        let notes = Notes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await pool.run { _ in
                    notes.add("held")
                    while pool.waiting < 3 { blockThread(for: .milliseconds(1)) }
                }
            }
            while notes.all.isEmpty { await Task.yield() }
            for (place, name) in ["early", "late", "urgent"].enumerated() {
                group.addTask {
                    try await Urgency.$isUrgent.withValue(name == "urgent") {
                        try await pool.run { _ in notes.add(name) }
                    }
                }
                while pool.waiting <= place { await Task.yield() }
            }
            try await group.waitForAll()
        }
        #expect(notes.all == ["held", "urgent", "early", "late"])
        await pool.close()
    }
}
