import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Worker

@Suite("Worker")
struct WorkerTests {
    @Test("a job goes through: stored, committed, sent once, published, acknowledged")
    func goesThrough() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1", "o-2"])
        try await bench.eventually("both are published and acknowledged") {
            bench.sink.published.count == 2 && bench.store.outboxCount == 0
        }
        #expect(bench.store.rows.map(\.state) == [.opened, .opened])
        #expect(bench.source.commits.map(\.next) == [2])
        #expect(bench.cashier.calls.count == 2)
        try await bench.stop()
        #expect(!bench.store.isWorkerAlive, "it signs off, so that others adopt its rows at once")
    }

    @Test("nothing is committed to Kafka before it is stored; an unreachable database is waited for and said once")
    func waitsForTheDatabase() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        try await bench.eventually("it has signed on") { bench.store.isWorkerAlive }
        bench.store.failNext(6)
        bench.deliver(["o-1"])
        try await bench.eventually("it says what it waits for") { bench.hasLogged("waiting for the database") }
        try await bench.eventually("it goes on") { bench.sink.published.count == 1 }
        try await bench.eventually("nothing waits any more") { bench.hasLogged("the database is back") }
        #expect(bench.source.commits.count == 1)
        try await bench.stop()
    }

    @Test("a worker that has had no database yet hears that it is to stop", .timeLimit(.minutes(1)))
    func stopsBeforeItHadADatabase() async throws {
        let bench = WorkerBench(isAway: true, answer: WorkerBench.opened)
        try await bench.eventually("it waits") { bench.hasLogged("waiting for the database") }
        try await bench.stop()
        #expect(bench.sink.isClosed)
        #expect(!bench.store.isWorkerAlive)
    }

    @Test("a worker that is told to stop does not go on until all that is old is wiped")
    func stopsWhileItWipes() async throws {
        let bench = WorkerBench(wipeInterval: .milliseconds(1), answer: WorkerBench.opened)
        // A minute's work, or more.
        let before = 60_000_000
        bench.store.setOldValues(before)
        try await bench.eventually("it wipes") { bench.store.oldValues < before }
        try await bench.stop()
        #expect(bench.store.oldValues > 0)
    }

    @Test("a worker without a database gives its partitions to others, and takes some again when it has one")
    func leavesWithoutADatabase() async throws {
        let bench = WorkerBench(leaveAfter: .milliseconds(200), answer: WorkerBench.opened)
        try await bench.eventually("it has signed on") { bench.store.isWorkerAlive }
        #expect(bench.source.isMember)
        bench.store.setAway(true)
        try await bench.eventually("others have them") { !bench.source.isMember }
        bench.store.setAway(false)
        try await bench.eventually("it has some again") { bench.source.isMember }
        bench.deliver(["o-1"])
        try await bench.eventually("it works") { bench.sink.published.count == 1 }
        try await bench.stop()
    }

    @Test("a worker whose database takes no writes gives its partitions to others, though what it reads gets through")
    func leavesWhereNothingCanBeWritten() async throws {
        let bench = WorkerBench(leaveAfter: .milliseconds(1_500), answer: WorkerBench.opened)
        try await bench.eventually("it has signed on") { bench.store.isWorkerAlive }
        bench.store.setReadOnly(true)
        try await bench.eventually("others have them") { !bench.source.isMember }
        #expect(!bench.hasLogged("the database is back"))
        #expect(bench.logged("waiting for the database") == 1)
        bench.store.setReadOnly(false)
        try await bench.eventually("it has some again") { bench.source.isMember }
        try await bench.eventually("nothing waits any more") { bench.logged("the database is back") == 1 }
        try await bench.stop()
    }

    @Test("a worker whose leases were taken writes nothing and publishes nothing")
    func zombiesWriteNothing() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.cashier.fallSilent()
        bench.deliver(["o-1"])
        try await bench.eventually("the call is out") { bench.cashier.calls.count == 1 }
        bench.store.stealLeases()
        try await bench.stop()
        #expect(bench.hasLogged("lease lost"))
        #expect(bench.store.row("o-1")?.state == .sending)
        #expect(bench.sink.published.isEmpty)
    }

    @Test("results of workers that fell silent are taken over once the database has been there for a while")
    func takesOver() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        try await bench.eventually("it takes them over") { bench.store.takeOvers.contains(true) }
        #expect(bench.store.takeOvers.first == false)
        bench.store.setAway(true)
        let outage = ContinuousClock.now + LifeSigns.silenceMax
        // The length of the outage is what is being tested.
        try await bench.eventually("a life sign is overdue") { ContinuousClock.now >= outage }
        let (looks, lifeSigns) = (bench.store.takeOvers.count, bench.store.lifeSigns)
        bench.store.setAway(false)
        try await bench.eventually("the database was there again for some seconds") {
            bench.store.lifeSigns >= lifeSigns + 2
        }
        #expect(!bench.store.takeOvers.dropFirst(looks).contains(true), "others may have been away as well")
        try await bench.stop()
    }

    @Test("after a time without a database an outcome that waited for it is written before its lease is taken")
    func outcomesBeforeLeases() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.campaignOutcomes.close()
        bench.deliver(["known"], campaign: "autumn")
        try await bench.eventually("its outcome waits") { bench.store.campaignOutcomes.waiting == 1 }
        bench.cashier.fallSilent()
        bench.deliver(["lost"], partition: 1)
        try await bench.eventually("the other's call is out") { bench.cashier.calls.count == 2 }
        bench.store.setAway(true)
        bench.store.advance(by: .seconds(61))
        let clock = ContinuousClock()
        let outage = clock.now + LifeSigns.silenceMax
        // The length of the outage is what is being tested.
        try await bench.eventually("the leases have run out, and a life sign is overdue") { clock.now >= outage }
        let lifeSigns = bench.store.lifeSigns
        bench.store.setAway(false)
        try await bench.eventually("the database was there again for some seconds") {
            bench.store.lifeSigns >= lifeSigns + 2
        }
        #expect(bench.store.rows.map(\.state) == [.sending, .sending])
        bench.store.campaignOutcomes.open()
        try await bench.eventually("the outcome is published") { bench.sink.published.count == 1 }
        #expect(bench.store.row("known")?.state == .opened)
        #expect(!bench.hasLogged("lease lost"))
        try await bench.eventually("the other lease is taken after all") { bench.store.row("lost")?.state == .verify }
        try await bench.stop()
    }

    @Test("calls that the grace does not wait for end as unknown, to be looked up")
    func shutdownEndsCallsAsUnknown() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.cashier.fallSilent()
        bench.deliver(["o-1", "o-2", "o-3"])
        try await bench.eventually("the calls are out") { bench.cashier.calls.count == 3 }
        try await bench.stop()
        #expect(bench.store.rows.allSatisfy { $0.state == .verify && $0.attempts == 1 && $0.leaseUntil == nil })
    }

    @Test("an agent's result is not held back to go together with a campaign's")
    func agentsResultsAreUrgent() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1"], campaign: "autumn")
        try await bench.eventually("the campaign's is published") { bench.sink.published.count == 1 }
        #expect(bench.sink.urgent.isEmpty)
        bench.deliver(["o-2"], from: 1)
        try await bench.eventually("the agent's is published") { bench.sink.published.count == 2 }
        #expect(bench.sink.urgent.map(\.result.orderID) == ["o-2"])
        try await bench.stop()
    }

    @Test("beside agents a campaign's topic is taken in small batches, a topic of both is not")
    func smallBatchesBesideAgents() async throws {
        let bench = WorkerBench(campaigns: ["bulk"], answer: WorkerBench.opened)
        func asked(_ topic: String) -> [Int] { bench.source.recordsMax(of: topic) }
        // Each topic's intake runs twice.
        try await bench.eventually("both topics are asked for all there is") {
            asked("bulk") == [.max, .max] && asked("jobs") == [.max, .max]
        }
        // Whoever waited before an agent came asks again after its next batch.
        var sent: Int64 = 0
        try await bench.eventually("the campaign's is asked for less, and the other is asked for again") {
            bench.deliver(["o-\(sent)"], from: sent)
            bench.deliver(["c-\(sent)"], from: sent, topic: "bulk", campaign: "autumn")
            sent += 1
            return asked("bulk").last == RightOfWay.batchMax && asked("jobs").count > 4
        }
        #expect(asked("jobs").allSatisfy { $0 == .max })
        try await bench.stop()
    }

    @Test("an agent's outcome is stored and published while batches of a campaign's are stuck")
    func agentsDoNotWaitForCampaigns() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.campaignOutcomes.close()
        for batch in Int64(0)..<2 {
            bench.deliver(["c-\(batch)"], from: batch, campaign: "autumn")
            try await bench.eventually("the campaign's batch is stuck") {
                bench.store.campaignOutcomes.waiting == batch + 1
            }
        }
        bench.deliver(["a-1"], partition: 1)
        try await bench.eventually("the agent's result is published") { bench.sink.published.count == 1 }
        #expect(bench.store.row("a-1")?.state == .opened)
        #expect(bench.store.row("c-0")?.state == .sending)
        bench.store.campaignOutcomes.open()
        try await bench.eventually("the campaign's are too") { bench.sink.published.count == 3 }
        try await bench.stop()
        #expect(bench.store.urgencies == [.interactive: [true], .campaign: [false]])
    }

    @Test("a result that the broker did not take is handed over again, the same bytes")
    func failedResultsAreSentAgain() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.sink.failNext(1)
        bench.deliver(["o-1"])
        try await bench.eventually("it is published after all") {
            bench.sink.published.count == 1 && bench.store.outboxCount == 0
        }
        #expect(bench.sink.published.first?.result == bench.store.row("o-1")?.result)
        try await bench.stop()
    }

    @Test("an unknown outcome is looked up, and sent again only when the request cannot be accepted any more")
    func unknownIsLookedUpFirst() async throws {
        let hasFailed = Mutex(false)
        let bench = WorkerBench { call in
            if call.kind == .lookUp { return CashierAnswer(outcome: .notFound, code: "not_found", message: "") }
            let isFirst = hasFailed.withLock { failed in
                defer { failed = true }
                return !failed
            }
            return isFirst ? CashierAnswer(outcome: .unknown, code: "timeout", message: "") : WorkerBench.opened(call)
        }
        bench.deliver(["o-1"])
        try await bench.eventually("it waits for its look-up") { bench.store.row("o-1")?.state == .verify }
        bench.store.advance(by: .seconds(1))
        try await bench.eventually("it is looked up") { bench.cashier.calls.contains { $0.kind == .lookUp } }
        #expect(bench.cashier.calls.filter { $0.kind != .lookUp }.count == 1)
        try await bench.eventually("it waits again") { bench.store.row("o-1")?.leaseUntil == nil }
        #expect(bench.store.row("o-1")?.state == .verify)
        // Past validity and skew the look-up's "not found" is conclusive.
        bench.store.advance(by: .seconds(71))
        try await bench.eventually("it is opened") { bench.store.row("o-1")?.state == .opened }
        #expect(bench.cashier.calls.filter { $0.kind != .lookUp }.count == 2)
        try await bench.stop()
    }

    @Test("a fault of configuration spends no attempt and holds the account")
    func configFaultSpendsNothing() async throws {
        let bench = WorkerBench { _ in
            CashierAnswer(outcome: .refused(.configFault), code: "401", message: "signature does not match")
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await bench.eventually("the account is held") { bench.store.heldAccounts.map(\.kind) == [.fault] }
        try await bench.eventually("nothing is leased any more") {
            bench.store.rows.count == 20 && bench.store.rows.allSatisfy { $0.leaseUntil == nil }
        }
        #expect(bench.store.rows.allSatisfy { $0.state == .ready && $0.attempts == 0 })
        try await bench.stop()
    }

    @Test("a worker signs off only when every acknowledgement is marked: others would publish those results again")
    func signsOffLast() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.acknowledgements.close()
        bench.deliver(["o-1"])
        try await bench.eventually("its acknowledgement is about to be marked") {
            bench.store.acknowledgements.waiting == 1
        }
        let stopping = Task { try await bench.stop() }
        try await bench.eventually("the producer is closed") { bench.sink.isClosed }
        #expect(bench.store.leftAtEnd == nil)
        bench.store.acknowledgements.open()
        try await stopping.value
        #expect(bench.store.leftAtEnd == 0)
    }

    @Test("a database that lost commits makes the partition be read again, not skipped")
    func rewindsWhenPositionsMovedBack() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1"])
        try await bench.eventually("the first batch is stored") { bench.source.commits.count == 1 }
        bench.deliver(["o-9"], from: 7)
        try await bench.eventually("it asks for the gap") { bench.source.rewinds.count == 1 }
        #expect(bench.source.commits.count == 1)
        #expect(bench.store.row("o-9") == nil)
        try await bench.stop()
    }

    @Test("a database that lost commits is found out by a partition to which nothing more comes")
    func rewindsAnIdlePartition() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1"])
        bench.deliver(["o-2"], partition: 1)
        try await bench.eventually("both batches are stored") { bench.source.commits.count == 2 }
        let partition = TopicPartition(topic: "jobs", partition: 1)
        bench.store.forget("o-2", position: 0, of: partition)
        try await bench.eventually("its partition is read again") { bench.source.askedAgain == [partition] }
        bench.deliver(["o-2"], partition: 1)
        try await bench.eventually("the order is there again") { bench.store.row("o-2")?.state == .opened }
        #expect(bench.source.askedAgain == [partition], "what is as it was is not read again")
        try await bench.stop()
    }

    @Test("jobs that started are sent though the rest of their batch was not stored, and the batch is stored after all")
    func sendsWhatStarted() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.store.cutIntakeShort(by: .unavailable("the test says so"))
        bench.deliver(["o-1", "o-2"])
        try await bench.eventually("both are opened, and the batch is stored") {
            bench.store.rows.count { $0.state == .opened } == 2 && bench.source.commits.count == 1
        }
        #expect(bench.store.takenIn.count == 1)
        #expect(bench.cashier.calls.count == 2)
        try await bench.stop()
    }

    @Test("a stopped partition is taken up once an operator has moved its position")
    func takesUpAStoppedPartition() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1"])
        try await bench.eventually("it is stored") { bench.source.commits.count == 1 }
        let partition = TopicPartition(topic: "jobs", partition: 0)
        bench.source.stop(partition, at: 1)
        bench.store.forget("o-1", position: 0, of: partition)
        try await bench.eventually("it is taken up") { bench.source.stopped.isEmpty }
        #expect(bench.source.askedAgain.isEmpty)
        try await bench.stop()
    }

    @Test("a batch from before where an operator put the position is dropped, and its partition read from there")
    func dropsWhatAnOperatorPassedOver() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        let partition = TopicPartition(topic: "jobs", partition: 0)
        bench.store.putPosition(of: partition, at: 9)
        bench.deliver(["o-1", "o-2"])
        bench.deliver(["p-1"], partition: 1)
        try await bench.eventually("it is read from there") { bench.source.rewinds.count == 1 }
        bench.deliver(["o-9"], from: 9)
        try await bench.eventually("what follows is taken in, and the other partition's") {
            ["o-9", "p-1"].allSatisfy { bench.store.row($0)?.state == .opened }
        }
        #expect(bench.store.rows.count == 2)
        #expect(bench.logged("an operator put the position ahead") == 1)
        try await bench.stop()
    }

    @Test("a partition to which nothing comes goes where an operator put its position ahead")
    func goesAheadWithAnIdlePartition() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.deliver(["o-1"])
        try await bench.eventually("it is stored") { bench.source.commits.count == 1 }
        let partition = TopicPartition(topic: "jobs", partition: 0)
        bench.store.putPosition(of: partition, at: 9)
        try await bench.eventually("it is read from there") { bench.source.askedAgain == [partition] }
        #expect(!bench.hasLogged("the database lost commits"))
        try await bench.stop()
    }

    @Test("a provider that keeps silent gets as many calls as may be in flight, and not one more")
    func silentProvider() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        bench.cashier.fallSilent()
        for partition in Int32(0)..<4 {
            bench.deliver((0..<50).map { "o-\(partition)-\($0)" }, partition: partition)
        }
        try await bench.eventually("all are stored, and the slots are full") {
            bench.store.rows.count == 200 && bench.cashier.calls.count == 50
        }
        bench.deliver((0..<50).map { "late-\($0)" }, from: 50)
        try await bench.eventually("more are stored") { bench.store.rows.count == 250 }
        #expect(bench.cashier.calls.count == 50)
        #expect(bench.store.rows.count { $0.leaseUntil != nil } == 50, "no more are claimed than can be sent")
        try await bench.stop()
        #expect(bench.store.rows.count { $0.state == .verify } == 50)
        #expect(bench.store.rows.count { $0.state == .ready && $0.attempts == 0 } == 200)
        #expect(bench.store.rows.allSatisfy { $0.leaseUntil == nil })
    }

    @Test("an agent's job is taken though all its account's calls are a campaign's, and none of them is answered")
    func pastACampaign() async throws {
        let bench = WorkerBench(concurrencyStart: 4, answer: WorkerBench.opened)
        bench.cashier.fallSilent()
        bench.deliver((0..<20).map { "c-\($0)" }, campaign: "autumn")
        try await bench.eventually("the campaign's calls are out") {
            bench.store.rows.count == 20 && bench.cashier.calls.count == 4
        }
        bench.deliver(["a-1"], from: 20)
        try await bench.eventually("the agent's job is the next") { bench.store.row("a-1")?.state == .sending }
        #expect(bench.cashier.calls.count == 4)
        try await bench.stop()
        #expect(bench.store.row("a-1")?.state == .ready, "it was not called")
    }

    @Test("repeats for which there is no budget are given back, each for as long as it takes to have one for it")
    func repeatsWithoutBudget() async throws {
        let bench = WorkerBench { _ in CashierAnswer(outcome: .refused(.retryFast), code: "6", message: "busy") }
        bench.deliver((0..<120).map { "o-\($0)" })
        try await bench.eventually("all were refused") {
            bench.store.rows.count == 120 && bench.store.rows.allSatisfy { $0.attempts > 0 && $0.leaseUntil == nil }
        }
        // All are due again.
        bench.store.advance(by: .milliseconds(10))
        let soon = Timestamp(seconds: 1_000_001)
        try await bench.eventually("most wait for a token") {
            bench.store.rows.count { $0.leaseUntil == nil && $0.dueAt > soon } >= 90
        }
        let due = bench.store.rows.map(\.dueAt).filter { $0 > soon }
        #expect(Set(due.map(\.microseconds)).count > 60, "not all at once")
        try await bench.eventually("what was not sent is no attempt") {
            bench.store.rows.allSatisfy { $0.leaseUntil == nil }
                && bench.store.rows.reduce(0) { $0 + $1.attempts } == bench.cashier.calls.count
        }
        try await bench.stop()
    }

    @Test("jobs that start as they come in and jobs that are claimed are sent once each")
    func startedAndClaimed() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        var next: [Int64] = [0, 0, 0]
        for round in 0..<20 {
            let partition = round % 3
            let orders = (0..<40).map { "o-\(round)-\($0)" }
            bench.deliver(orders, from: next[partition], partition: Int32(partition))
            next[partition] += 40
            try await bench.eventually("some are stored") { bench.store.rows.count >= round * 20 }
        }
        try await bench.eventually("all are published and acknowledged") {
            bench.sink.published.count == 800 && bench.store.outboxCount == 0
        }
        #expect(bench.store.rows.allSatisfy { $0.state == .opened && $0.attempts == 1 && $0.epoch == 1 })
        #expect(bench.cashier.calls.count == 800)
        #expect(Set(bench.cashier.calls.map(\.job.order.orderID)).count == 800)
        try await bench.stop()
    }

    @Test("unreadable records are quarantined, answered where their order can be read, and block nothing")
    func unreadableRecords() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        let bad = ["{\"order_id\":\"o-7\",\"typo\":1}", "not json"]
        let records = bad.enumerated().map { index, value in
            SourceRecord(
                position: RecordPosition(topic: "jobs", partition: 0, offset: Int64(index)),
                key: Array("o-7".utf8),
                value: Array(value.utf8),
                traceparent: "00-trace-\(index)"
            )
        }
        bench.source.deliver(
            RecordBatch(topic: "jobs", partition: 0, start: 0, next: 2, records: records, assignment: 1)
        )
        bench.deliver(["o-8"], from: 2)
        try await bench.eventually("the good one is opened and the bad one answered") {
            Set(bench.sink.published.map(\.result.outcome)) == [.opened, .rejected]
        }
        #expect(bench.store.quarantined.count == 2)
        let answer = bench.sink.published.first { $0.result.outcome == .rejected }
        #expect(answer?.traceparent == "00-trace-0", "its producer finds the answer by it")
        try await bench.stop()
    }
}
