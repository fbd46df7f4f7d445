import BlockingThreads
import Callbacks
import Cryptography
import Glibc
import HTTPServer
import KafkaTransport
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import PostgresStore

/// A receiver on a port of its own, over real Postgres.
final class Receiver: Sendable {
    let server: HTTPServer
    private let service: @Sendable () -> Void
    /// Changes the account's secrets.
    let replace: @Sendable ([Secret]) -> Void
    private let running: Task<Void, Never>
    private let lines: Lines

    init(
        store: some CallbackStore,
        sink: some EventSink,
        _ change: (inout CallbackSettings) -> Void = { _ in }
    ) throws {
        var settings = CallbackSettings(accounts: [
            CallbackAccount(
                name: "main",
                merchantID: "Test-Integration-Merchant",
                applicationKey: "Sandbox",
                secrets: [Secret(TestPost.secret)]
            )
        ])
        settings.lease = .seconds(2)
        settings.grace = .seconds(5)
        change(&settings)
        let lines = Lines()
        self.lines = lines
        let service = CallbackService(
            store: store,
            sink: sink,
            settings: settings,
            identity: ResultIdentity(sha256: { Hashes.sha256($0) }),
            wall: { Timestamp(seconds: Int64(time(nil))) },
            log: Log(level: .debug, format: .text) { lines.add($0) }
        )
        let limits = HTTPLimits(connectionsMax: 200)
        server = try HTTPServer(name: "test", host: "127.0.0.1", port: 0, limits: limits, handler: service)
        self.service = { service.stop() }
        replace = { service.replace(secrets: $0, ofAccount: "main") }
        running = Task { await service.run() }
    }

    func logged(_ text: String) -> Int { lines.count(text) }

    func stop() async {
        await onThread { self.server.stop(grace: .seconds(5)) }
        service()
        await running.value
    }
}

/// Lines that closures may share.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    func count(_ text: String) -> Int { lines.withLock { lines in lines.count { $0.contains(text) } } }
    var all: [String] { lines.withLock { $0 } }
}

/// Acknowledges what it is given, once it may.
final class MemorySink: EventSink {
    private struct State {
        var records: [EventRecord] = []
        var isBroken = false
    }

    private let state = Mutex(State())
    private let mailbox = Mailbox<PublishAck>()

    var records: [EventRecord] { state.withLock { $0.records } }

    /// While broken, nothing is written and everything fails.
    func setBroken(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

    func publish(_ records: [EventRecord]) {
        let isBroken = state.withLock { state in
            if !state.isBroken { state.records += records }
            return state.isBroken
        }
        mailbox.send(
            contentsOf: records.map { PublishAck(token: $0.outboxID, failure: isBroken ? "broken" : nil) }
        )
    }

    func acks() async -> [PublishAck]? { await mailbox.takeAll() }
    func close(timeout: Duration) async { mailbox.finish() }
}

/// Runs what blocks on a thread of its own: the service's tasks need those of the pool.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        _ = NamedThread("blocking") { continuation.resume(returning: body()) }
    }
}

func eventually(within seconds: Int = 20, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
}

@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct ServiceTests {
    private func post(_ post: TestPost, to receiver: Receiver) async throws -> TestAnswer {
        let port = receiver.server.port
        return try #require(await onThread { Poster(port: port)?.post(post) })
    }

    private func withReceiver(
        _ orders: [String],
        _ change: (inout CallbackSettings) -> Void = { _ in },
        _ scenario: (Receiver, MemorySink, PostgresStore, PostgresFixture) async throws -> Void
    ) async throws {
        let fixture = try await PostgresFixture.make()
        let store = fixture.store()
        try await TestOrders.open(orders, in: store)
        let sink = MemorySink()
        let receiver = try Receiver(store: store, sink: sink, change)
        let ending: Result<Void, any Error>
        do {
            ending = .success(try await scenario(receiver, sink, store, fixture))
        } catch {
            ending = .failure(error)
        }
        await receiver.stop()
        await store.close()
        try ending.get()
    }

    @Test func aNotificationIsStoredPublishedAndShown() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, store, _ in
            let answer = try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver)
            #expect(answer.http == 200 && answer.status == 0 && answer.isSigned, "\(answer)")
            let again = try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver)
            #expect(again.status == 0 && again.isSigned)
            #expect(try await post(.expired("o-1"), to: receiver).status == 0)
            #expect(await eventually { sink.records.count == 2 })
            #expect(sink.records.map(\.kind) == [.transaction, .session])
            let isDone = try await eventually {
                try await store.show("o-1").first?.events.allSatisfy { !$0.isPending } == true
            }
            #expect(isDone)
            let shown = try #require(try await store.show("o-1").first?.events)
            #expect(shown.map(\.status) == ["approved", "expired"])
            #expect(shown[0].tid == 7 && shown[0].amount == 100 && shown[0].currency == "EUR")
        }
    }

    /// The account's new secret came from a changed file; the provider still signs with the old one, and then no more.
    @Test func anOldSecretVerifiesForAsLongAsItIsHandedOver() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, _, _ in
            receiver.replace([Secret("the next secret"), Secret(TestPost.secret)])
            let answer = try await post(.transaction("o-1", tid: 7, status: "pending"), to: receiver)
            #expect(answer.status == 0 && answer.isSigned, "the answer is signed with what the post was signed with")
            receiver.replace([Secret("the next secret")])
            let late = try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver)
            #expect(late.http == 401 && late.status == -1)
            receiver.replace([Secret(TestPost.secret)])
            #expect(try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver).status == 0)
            #expect(await eventually { sink.records.count == 2 })
        }
    }

    @Test func theHeadersOfSignaturesAreSettings() async throws {
        let change: (inout CallbackSettings) -> Void = {
            $0.signatureHeader = "X-Other"
            $0.answerHeaders = ["X-Answer"]
        }
        try await withReceiver(["o-1"], change) { receiver, _, _, _ in
            let usual = try await post(.transaction("o-1", tid: 7, status: "pending"), to: receiver)
            #expect(usual.http == 401)
            var other = TestPost.transaction("o-1", tid: 7, status: "pending")
            other.header = "x-OTHER"
            let answer = try await post(other, to: receiver)
            #expect(answer.status == 0 && answer.headers["x-answer"]?.count == 96)
            #expect(answer.headers["gt-authentication"] == nil)
        }
    }

    @Test func forgedForeignStaleAndAlteredPostsAreRefused() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, _, fixture in
            var forged = TestPost.transaction("o-1", tid: 7, status: "approved")
            forged.signature = String(repeating: "0", count: 96)
            let answer = try await post(forged, to: receiver)
            #expect(answer.http == 401 && answer.status == -1)
            #expect(answer.headers["gt-authentication"] == nil, "nothing is signed for a stranger")
            let foreign = try await post(.transaction("o-9", tid: 7, status: "approved"), to: receiver)
            #expect(foreign.status == -1 && foreign.isSigned)
            for age in [90_000, -300] as [Int64] {
                var stale = TestPost.transaction("o-1", tid: 7, status: "approved")
                stale.timestamp -= age
                #expect(try await post(stale, to: receiver).status == -1)
            }
            // The signature does not cover the status: a recorded post with another one.
            var recorded = TestPost.transaction("o-1", tid: 7, status: "rejected")
            recorded.timestamp -= 3_600
            #expect(try await post(recorded, to: receiver).status == 0)
            #expect(try await post(recorded.with("transaction_status", "\"approved\""), to: receiver).status == -1)
            #expect(try await post(recorded, to: receiver).status == 0, "the same post again is a repetition")
            var fresh = TestPost.transaction("o-1", tid: 8, status: "pending")
            #expect(try await post(fresh, to: receiver).status == 0)
            fresh = fresh.with("transaction_status", "\"approved\"")
            #expect(try await post(fresh, to: receiver).status == 0, "two statuses within a second are real")
            #expect(await eventually { sink.records.count == 3 })
            let other = try await PostgresStoreCount(fixture).count("usher.transaction_event")
            #expect(other == 3)
            #expect(receiver.logged("reason=altered") == 1 && receiver.logged("reason=bad_signature") == 1)
            #expect(receiver.logged("error   a notification was refused as altered") == 1)
            #expect(receiver.logged("reason=unknown_order") == 1 && receiver.logged("reason=stale") == 2)
        }
    }

    /// When the second was posted first, the database was away: the provider's second repetition has the same bytes.
    @Test func ofTwoStatusesOfOneSecondTheSecondIsTakenTenMinutesLater() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, _, _ in
            var first = TestPost.transaction("o-1", tid: 7, status: "pending")
            first.timestamp -= 660
            let answer = try await post(first, to: receiver)
            #expect(answer.status == 0)
            let second = first.with("transaction_status", "\"approved\"")
            #expect(second.rightSignature == first.rightSignature)
            #expect(try await post(second, to: receiver).status == 0)
            #expect(await eventually { sink.records.count == 2 })
        }
    }

    @Test func validationsAreAnsweredByRuleAndLogged() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, _, _ in
            let yes = try await post(.validation("o-1"), to: receiver)
            #expect(yes.status == 0 && yes.isSigned)
            let no = try await post(.validation("o-1", amount: 1), to: receiver)
            #expect(no.status == 1 && no.isSigned && no.body.contains("Please contact your agent"))
            #expect(try await post(.validation("o-9"), to: receiver).status == 1)
            var old = TestPost.validation("o-1")
            old.timestamp -= 130
            #expect(try await post(old, to: receiver).status == 1)
            #expect(receiver.logged("a payment was validated") == 2)
            #expect(receiver.logged("outcome=accepted") == 1 && receiver.logged("outcome=amount") == 1)
            #expect(sink.records.isEmpty)
        }
    }

    @Test func aSlowDatabaseIsAnsweredForInTimeAndTheRepetitionSucceeds() async throws {
        try await withReceiver(["o-1"], { $0.deadline = .milliseconds(300) }) { receiver, sink, _, fixture in
            let blocker = try PostgresLink(fixture.options)
            try blocker.run(Script(name: "test", text: "BEGIN; LOCK TABLE usher.transaction_event"))
            let began = ContinuousClock.now
            let late = try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver)
            #expect(late.http == 200 && late.status == -1 && late.isSigned)
            #expect((.milliseconds(290)...(.seconds(2))).contains(ContinuousClock.now - began))
            try blocker.run(Script(name: "test", text: "LOCK TABLE usher.job"))
            let asked = try await post(.validation("o-1"), to: receiver)
            #expect(asked.status == -1 && asked.isSigned && asked.body.contains("Please contact your agent"))
            try blocker.run(Script(name: "test", text: "COMMIT"))
            let isTaken = try await eventually {
                try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver).status == 0
            }
            #expect(isTaken)
            #expect(await eventually { !sink.records.isEmpty })
            #expect(Set(sink.records.map(\.eventID)).count == 1)
        }
    }

    /// A long outage of the database must not fill the memory: the provider posts again what it is not answered 0 to.
    @Test func whatWouldOnlyWaitForTheDatabaseIsTurnedAwayAtOnce() async throws {
        let change: (inout CallbackSettings) -> Void = {
            $0.deadline = .seconds(1)
            $0.undecidedMax = 2
        }
        try await withReceiver(["o-1"], change) { receiver, sink, _, fixture in
            let blocker = try PostgresLink(fixture.options)
            try blocker.run(Script(name: "test", text: "BEGIN; LOCK TABLE usher.transaction_event"))
            for tid in [7, 8] {
                #expect(try await post(.transaction("o-1", tid: tid, status: "approved"), to: receiver).status == -1)
            }
            let answer = try await post(.transaction("o-1", tid: 9, status: "approved"), to: receiver)
            #expect(answer.status == -1 && answer.isSigned)
            #expect(receiver.logged("callbacks are turned away") == 1)
            #expect(try await post(.validation("o-1"), to: receiver).status == 0, "it needs no write")
            try blocker.run(Script(name: "test", text: "COMMIT"))
            let isTaken = try await eventually {
                try await post(.transaction("o-1", tid: 9, status: "approved"), to: receiver).status == 0
            }
            #expect(isTaken)
            #expect(await eventually { Set(sink.records.map(\.eventID)).count == 3 })
        }
    }

    @Test func whatCouldNotBePublishedIsPublishedLaterAndOnce() async throws {
        try await withReceiver(["o-1"]) { receiver, sink, _, fixture in
            sink.setBroken(true)
            #expect(try await post(.transaction("o-1", tid: 7, status: "approved"), to: receiver).status == 0)
            #expect(sink.records.isEmpty)
            sink.setBroken(false)
            #expect(await eventually { sink.records.count == 1 }, "taken over when the lease has run out")
            let counter = PostgresStoreCount(fixture)
            let isDone = try await eventually { try await counter.count("usher.event_outbox") == 0 }
            #expect(isDone)
            #expect(sink.records.count == 1)
        }
    }

    @Test func otherRequestsAreTurnedAway() async throws {
        try await withReceiver([]) { receiver, _, _, _ in
            let port = receiver.server.port
            for (line, status) in [
                ("GET /healthz", 200), ("GET /hooks/notification", 405), ("POST /hooks/else", 404),
                ("POST /hooks/notification", 400),
            ] {
                let answer = await onThread {
                    let poster = Poster(port: port)
                    poster?.send("\(line) HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
                    return poster?.receive()
                }
                #expect(answer?.http == status, "\(line)")
            }
        }
    }

    @Test func allOldValuesAreWipedHoweverManyThereAre() async throws {
        let fixture = try await PostgresFixture.make()
        let link = try PostgresLink(fixture.options)
        let fill = """
            INSERT INTO usher.transaction_event (
              event_id, job_id, told_at, received_at, tid, generation, kind, order_id, status, signature_sha256,
              value_sha256, key_id, sealed
            )
            SELECT gen_random_uuid(), n, now(), now() - interval '2 days', n, 1, 1, 'o-' || n, 'approved',
              sha256(int8send(n)), sha256(int8send(n)), 'k1', '\\x00'
            FROM generate_series(1::int8, 12000) n
            """
        try link.run(Script(name: "fill", text: fill))
        let store = fixture.store()
        // The next round is two minutes away.
        let receiver = try Receiver(store: store, sink: MemorySink()) { $0.lease = .seconds(30) }
        let counter = PostgresStoreCount(fixture)
        #expect(
            try await eventually { try await counter.count("usher.transaction_event WHERE sealed IS NULL") == 12_000 }
        )
        await receiver.stop()
        await store.close()
    }

    /// Eight connections post a thousand notifications of a hundred orders in a shuffled order, each twice, with forged
    /// and recorded ones among them.
    @Test func aThousandWithDuplicatesForgeriesAndReplaysGiveExactlyTheRightEvents() async throws {
        let orders = (0..<100).map { "o-\($0)" }
        try await withReceiver(orders) { receiver, sink, _, fixture in
            var expected: Set<String> = []
            var posts: [(post: TestPost, isGood: Bool)] = []
            for number in 0..<1_000 {
                let order = orders[number % 100]
                let status = ["initialized", "pending", "approved", "refund", "chargeback"][number / 100 % 5]
                var post = TestPost.transaction(order, tid: 1_000 + number / 500, status: status, amount: 100 + number)
                post.timestamp -= Int64(number % 40)
                expected.insert("\(order) \(1_000 + number / 500) \(status)")
                posts += [(post, true), (post, true)]
                if number % 5 == 0 {
                    var forged = post.with("transaction_status", "\"forged\"")
                    forged.signature = post.with("amount", "1").rightSignature
                    posts.append((forged, false))
                }
                if number % 7 == 0 {
                    var old = post.with("transaction_status", "\"replayed\"")
                    old.timestamp -= 100_000
                    posts.append((old, false))
                }
            }
            var seed: UInt64 = 42
            for index in posts.indices.reversed() {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                posts.swapAt(index, Int(seed >> 33) % (index + 1))
            }
            let work = posts
            let port = receiver.server.port
            let wrong = Lines()
            let threads = (0..<8).map { lane in
                NamedThread("poster-\(lane)") {
                    guard let poster = Poster(port: port) else { return wrong.add("no connection") }
                    for index in stride(from: lane, to: work.count, by: 8) {
                        let answer = poster.post(work[index].post)
                        if (answer?.status == 0) != work[index].isGood { wrong.add("\(String(describing: answer))") }
                    }
                }
            }
            await onThread { for thread in threads { thread.join() } }
            #expect(wrong.all.isEmpty, "\(wrong.all.prefix(3))")
            #expect(await eventually { sink.records.count >= expected.count })
            let told = sink.records.map { String(decoding: $0.value, as: UTF8.self) }
            #expect(told.count == expected.count && Set(sink.records.map(\.eventID)).count == expected.count)
            #expect(!told.contains { $0.contains("forged") || $0.contains("replayed") })
            let counter = PostgresStoreCount(fixture)
            #expect(try await counter.count("usher.transaction_event") == expected.count)
            let isDone = try await eventually { try await counter.count("usher.event_outbox") == 0 }
            #expect(isDone)
        }
    }
}

/// Counts rows over a connection of its own.
struct PostgresStoreCount {
    let fixture: PostgresFixture

    init(_ fixture: PostgresFixture) { self.fixture = fixture }

    func count(_ table: String) async throws -> Int {
        let pool = PostgresPool(options: fixture.options, log: .silent)
        let statement = Statement(name: "count \(table)", text: "SELECT count(*) FROM \(table)")
        let count = try await pool.run { link in
            try link.run(statement).first { row in try row.next(Int64.self) } ?? -1
        }
        await pool.close()
        return Int(count)
    }
}
