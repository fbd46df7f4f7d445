import Cryptography
import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// A post and a copy of it that somebody changed carry one signature: once it is no longer fresh, only one of the two
/// may be stored, whichever processes get them and however close together.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct AlteredCopyTests {
    private static let identity = ResultIdentity(sha256: { Hashes.sha256($0) })

    private func event(_ order: KnownOrder, status: String, signature: String, age: Int64 = 3_600) -> NewEvent {
        let digest = Hashes.sha256(Array("\(order.order.orderID) \(status)".utf8))
        var event = TransactionEvent(
            eventID: ResultID(bytes: Array(digest.prefix(16))),
            order: order.order,
            generation: 1,
            toldAt: order.now.advanced(by: .seconds(-age)),
            receivedAt: order.now
        )
        event.transaction = TransactionEvent.Transaction(tid: 7, status: status)
        return NewEvent(
            jobID: order.jobID,
            event: event,
            value: Array("{}".utf8),
            signatureDigest: Hashes.sha256(Array(signature.utf8))
        )
    }

    private func record(_ events: [NewEvent], _ store: PostgresStore) async throws -> [String] {
        try await store.record(events, freshness: .seconds(60), lease: .seconds(60)).map { fate in
            switch fate {
            case .stored: "stored"
            case .repeated: "repeated"
            case .altered: "altered"
            }
        }
    }

    /// Holds both inserts at the unique index until both processes wait, so that neither has committed when the other
    /// decides.
    private func hold(
        _ events: [NewEvent],
        _ fixture: PostgresFixture,
        _ held: AsyncStream<Void>.Continuation
    ) async throws {
        let pool = PostgresPool(options: fixture.options, log: .silent)
        let columns = EventColumns(events, keys: fixture.keys)
        let parameters = columns.parameters(freshness: .seconds(1_000_000), lease: .seconds(1))
        let waiting = Statement(
            name: "waiting",
            text: """
                SELECT count(*), pg_sleep(0.02) IS NULL FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
        )
        // Within a transaction, activity is shown as of the first look at it.
        let forget = Statement(name: "forget", text: "SELECT pg_stat_clear_snapshot()")
        let ending: Result<Void, any Error>
        do {
            try await pool.run(repeatsAfterLoss: false) { link in
                try link.transaction { link in
                    _ = try link.run(SQL.Events.record, parameters).count
                    held.yield()
                    for _ in 0..<500 {
                        _ = try link.run(forget).count
                        // Rolled back then, and both inserts go on.
                        if try link.run(waiting).first({ row in try row.next(Int64.self) }) ?? 0 >= 2 { throw Done() }
                    }
                    Issue.record("the two never waited")
                    throw Done()
                }
            }
            ending = .success(())
        } catch {
            ending = .failure(error)
        }
        held.finish()
        await pool.close()
        guard case .failure(let error) = ending, !String(describing: error).contains("Done") else { return }
        throw error
    }

    private struct Done: Error {}

    @Test func ofAPostAndItsAlteredCopyAtOneInstantOneIsStored() async throws {
        let fixture = try await PostgresFixture.make()
        let stores = [fixture.store(worker: "one"), fixture.store(worker: "two")]
        try await TestOrders.open(["o-1"], in: stores[0])
        let order = try #require(await stores[0].order("o-1", accounts: ["main"], withBody: false))
        let events = ["approved", "refund"].map { event(order, status: $0, signature: "of one post") }
        let (isHeld, held) = AsyncStream.makeStream(of: Void.self)
        async let holding: Void = hold(events, fixture, held)
        for await _ in isHeld { break }
        async let first = record([events[0]], stores[0])
        async let second = record([events[1]], stores[1])
        let fates = try await first + second
        try await holding
        #expect(fates.sorted() == ["altered", "stored"])
        #expect(try await PostgresStoreCount(fixture).count("usher.transaction_event") == 1)
        for store in stores { await store.close() }
    }

    @Test func batchesThatShareSignaturesInAnyOrderDoNotBlockEachOther() async throws {
        let fixture = try await PostgresFixture.make()
        let stores = [fixture.store(worker: "one"), fixture.store(worker: "two")]
        let orders = (0..<40).map { "o-\($0)" }
        try await TestOrders.open(orders, in: stores[0])
        var known: [KnownOrder] = []
        for order in orders {
            known.append(try #require(await stores[0].order(order, accounts: ["main"], withBody: false)))
        }
        let originals = known.map { event($0, status: "approved", signature: $0.order.orderID) }
        let copies = known.reversed().map { event($0, status: "refund", signature: $0.order.orderID) }
        async let first = record(originals, stores[0])
        async let second = record(copies, stores[1])
        let fates = try await first + second
        #expect(fates.count { $0 == "stored" } == orders.count)
        #expect(fates.count { $0 == "altered" } == orders.count)
        for store in stores { await store.close() }
    }

    @Test func aFreshSignatureMayStandUnderSeveralStatuses() async throws {
        let fixture = try await PostgresFixture.make()
        let store = fixture.store()
        try await TestOrders.open(["o-1"], in: store)
        let order = try #require(await store.order("o-1", accounts: ["main"], withBody: false))
        let events = ["pending", "approved"].map { event(order, status: $0, signature: "of one second", age: 5) }
        #expect(try await record([events[0]], store) == ["stored"])
        #expect(try await record([events[1]], store) == ["stored"])
        #expect(try await record([events[0]], store) == ["repeated"])
        await store.close()
    }
}
