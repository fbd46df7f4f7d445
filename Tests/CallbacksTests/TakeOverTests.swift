import BlockingThreads
import Cryptography
import Logs
import PostgresStore
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Callbacks

/// How events are published that were not when they were stored: Kafka was away, or their process died.
struct TakeOverTests {
    @Test(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
    func allThatWasLeftUnpublishedIsPublishedInOneTurn() async throws {
        let fixture = try await PostgresFixture.make()
        let store = fixture.store()
        try await TestOrders.open(["o-1"], in: store)
        let order = try #require(await store.order("o-1", accounts: ["main"], withBody: false))
        let events = (Int64(0)..<2_000).map { Self.event(order, tid: $0) }
        // By a process that is gone.
        _ = try await store.record(events, freshness: .seconds(900), lease: .zero)
        let sink = MemorySink()
        // The next turn is fifteen seconds away.
        let receiver = try Receiver(store: store, sink: sink) { $0.lease = .seconds(45) }
        #expect(await eventually(within: 12) { sink.records.count == events.count })
        #expect(Set(sink.records.map(\.eventID)).count == events.count)
        let counter = PostgresStoreCount(fixture)
        #expect(try await eventually { try await counter.count("usher.event_outbox") == 0 })
        await receiver.stop()
        await store.close()
    }

    @Test(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
    func eventsThatDoNotOpenHereAreLeftToOthersForFiveMinutes() async throws {
        let fixture = try await PostgresFixture.make()
        let store = fixture.store()
        try await TestOrders.open(["o-1"], in: store)
        let order = try #require(await store.order("o-1", accounts: ["main"], withBody: false))
        let events = (Int64(0)..<3).map { Self.event(order, tid: $0) }
        _ = try await store.record(events, freshness: .seconds(900), lease: .zero)
        let log = Lines()
        let keyless = PostgresStore(
            options: fixture.options,
            keys: try KeyRing(keyFile: KeyRing.newKeyFile(id: "k0")),
            answers: FixedAnswers(),
            worker: "keyless",
            version: "test",
            log: Log(level: .error, format: .text) { log.add($0) }
        )
        #expect(try await keyless.adoptEvents(limit: 10, lease: .zero).isEmpty)
        #expect(log.all.count == 1, "one line, however many they are")
        #expect(log.count("count=3 key_id=k1 order=o-1 event_id=") == 1)
        let counter = PostgresStoreCount(fixture)
        #expect(try await counter.count("usher.event_outbox WHERE taken_until > now() + '4 min'") == 3)
        #expect(try await keyless.adoptEvents(limit: 10, lease: .zero).isEmpty)
        #expect(log.all.count == 1, "they are not looked at again")
        await keyless.close()
        await store.close()
    }

    @Test func whatFoundNoRoomIsTakenOverInTheSameTurn() async {
        let store = LeftEvents(300)
        let sink = MemorySink()
        await relaying(store, sink, { $0.inFlightMax = 200 }) { _ in
            #expect(await eventually { sink.records.count == 300 })
            #expect(store.turns == 1)
        }
    }

    @Test func halfTheRoomIsLeftToWhatIsPostedMeanwhile() async {
        let store = LeftEvents(.max)
        let sink = SilentSink()
        let change: (inout CallbackSettings) -> Void = {
            $0.inFlightMax = 100
            $0.lease = .milliseconds(300)
        }
        await relaying(store, sink, change) { publisher in
            #expect(await eventually { store.turns >= 3 })
            #expect(sink.records.count == 50)
            publisher.publish([LeftEvents.record(-1)])
            #expect(sink.records.last?.outboxID == -1)
        }
    }

    @Test func whereNothingGetsThroughOneBatchATurnIsTried() async {
        let store = LeftEvents(.max)
        let sink = MemorySink()
        sink.setBroken(true)
        await relaying(store, sink, { $0.lease = .milliseconds(300) }) { _ in
            #expect(await eventually { store.turns >= 5 })
            // The first turn fills half the room perhaps, before it hears of a failure.
            #expect(store.adoptions < 50)
        }
    }

    @Test func thatNothingGetsThroughIsSaidOnceAMinuteForEachReason() async {
        let start = ContinuousClock.now
        let time = Mutex(start)
        let lines = Lines()
        let sink = OneAnswerSink()
        let publisher = EventPublisher(
            store: LeftEvents(0),
            sink: sink,
            settings: CallbackSettings(accounts: []),
            log: Log(level: .warning, format: .text) { lines.add($0) },
            now: { time.withLock { $0 } }
        )
        let answers: [(second: Int, failure: String?, told: Int)] = [
            (0, "no topic", 1), (1, "no topic", 1), (59, "no topic", 1), (60, "no topic", 2), (61, "too large", 3),
            (62, nil, 3), (119, "no topic", 3), (125, "no topic", 4), (126, nil, 4), (200, "no topic", 5),
        ]
        for answer in answers {
            time.withLock { $0 = start + .seconds(answer.second) }
            sink.answer(PublishAck(token: 1, failure: answer.failure))
            await publisher.takeAcknowledgements()
            #expect(lines.count("events are not published") == answer.told, "after \(answer.second) s")
        }
        #expect(lines.count("reason=\"no topic\"") == 4 && lines.count("reason=\"too large\"") == 1)
    }

    private static func event(_ order: KnownOrder, tid: Int64) -> NewEvent {
        let identity = ResultIdentity(sha256: { Hashes.sha256($0) })
        var event = TransactionEvent(
            eventID: identity.event(of: order.order, tid: tid, status: "approved"),
            order: order.order,
            generation: order.generation,
            toldAt: order.now,
            receivedAt: order.now
        )
        event.transaction = TransactionEvent.Transaction(tid: tid, status: "approved")
        return NewEvent(
            jobID: order.jobID,
            event: event,
            value: EventCodec.encode(event),
            signatureDigest: Hashes.sha256(Array("of \(tid)".utf8))
        )
    }

    /// Runs the scenario beside a publisher that takes over and hears of acknowledgements.
    private func relaying<Sink: EventSink>(
        _ store: LeftEvents,
        _ sink: Sink,
        _ change: (inout CallbackSettings) -> Void,
        _ scenario: (EventPublisher<LeftEvents, Sink>) async -> Void
    ) async {
        var settings = CallbackSettings(accounts: [])
        change(&settings)
        let publisher = EventPublisher(store: store, sink: sink, settings: settings, log: .silent)
        let acknowledging = Task { await publisher.takeAcknowledgements() }
        let relaying = Task { await publisher.relay() }
        await scenario(publisher)
        publisher.stop()
        await relaying.value
        await sink.close(timeout: .zero)
        await acknowledging.value
    }
}

/// Events that others left, and how often the store is asked about them.
private final class LeftEvents: CallbackStore {
    private struct State {
        var left: Int
        var next: Int64 = 0
        var renewals = 0
        var adoptions = 0
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(left: count))
    }

    /// Each begins with a renewal.
    var turns: Int { state.withLock { $0.renewals } }
    var adoptions: Int { state.withLock { $0.adoptions } }

    static func record(_ number: Int64) -> EventRecord {
        EventRecord(
            outboxID: number,
            eventID: ResultID(bytes: [UInt8](repeating: 0, count: 16)),
            orderID: "o-1",
            kind: .transaction,
            value: []
        )
    }

    func renewEvents(_ outboxIDs: [Int64], lease: Duration) async throws {
        state.withLock { $0.renewals += 1 }
    }

    func adoptEvents(limit: Int, lease: Duration) async throws -> [EventRecord] {
        let numbers = state.withLock { state in
            let first = state.next
            let count = min(limit, state.left)
            state.left -= count
            state.next += Int64(count)
            state.adoptions += 1
            return first..<state.next
        }
        return numbers.map { Self.record($0) }
    }

    func order(_ orderID: String, accounts: [String], withBody: Bool) async throws -> KnownOrder? { nil }
    func record(_ events: [NewEvent], freshness: Duration, lease: Duration) async throws -> [EventFate] { [] }
    func acknowledgeEvents(_ outboxIDs: [Int64]) async throws {}
    func wipeEvents(olderThan age: Duration, limit: Int) async throws -> Int { 0 }
}

/// Acknowledges nothing.
private final class SilentSink: EventSink {
    private let taken = Mutex<[EventRecord]>([])
    private let mailbox = Mailbox<PublishAck>()

    var records: [EventRecord] { taken.withLock { $0 } }

    func publish(_ records: [EventRecord]) { taken.withLock { $0 += records } }
    func acks() async -> [PublishAck]? { await mailbox.takeAll() }
    func close(timeout: Duration) async { mailbox.finish() }
}

/// Is closed after each answer.
private final class OneAnswerSink: EventSink {
    private let next = Mutex<PublishAck?>(nil)

    func answer(_ ack: PublishAck) { next.withLock { $0 = ack } }
    func publish(_ records: [EventRecord]) {}
    func acks() async -> [PublishAck]? { next.withLock { $0.take() }.map { [$0] } }
    func close(timeout: Duration) async {}
}
