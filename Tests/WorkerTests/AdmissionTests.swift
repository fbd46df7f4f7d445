import SessionCore
import Testing

@testable import Worker

@Suite("Admission")
struct AdmissionTests {
    private let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))
    private let shares = LaneShares(weights: [.interactive: 8, .campaign: 3, .replay: 1], reserve: 2)

    private func admission(
        _ slots: CallSlots,
        concurrencyMax: Int = 1_000,
        agentsShare: Double = 0,
        mayMint: Bool = true,
        isDrained: Bool = true
    ) -> Admission {
        if isDrained { findNothing() }
        return Admission(
            slots: slots,
            shares: shares,
            guards: AccountGuards(
                accounts: ["main": AccountGuardsTests.account(concurrencyMax: concurrencyMax)],
                agentsShare: agentsShare
            ),
            clock: clock,
            mayMint: { mayMint }
        )
    }

    /// A claim that finds no job of any lane.
    private func findNothing() {
        let accounts = [AccountQuota(account: "main", limit: 1_000)]
        let lanes = shares.claimable(.init(free: 1_000, past: 0, ofAgents: 0), of: accounts, isDue: true, at: .zero)
        let request = ClaimRequest(accounts: accounts, lanes: lanes, lease: .seconds(60))
        let claim = Claim(now: clock.databaseNow, jobs: [], nextDue: nil)
        shares.claimed(ClaimFindings(request, claim, isPartial: false), by: request)
    }

    /// What the jobs of a batch may differ in.
    private struct Wish {
        var account = "main"
        var notBefore: Timestamp?
        var notAfter = Timestamp(seconds: 2_000_000)
    }

    private func batch(_ count: Int, lane: Lane = .interactive, change: (Int, inout Wish) -> Void = { _, _ in })
        -> IngestBatch
    {
        let jobs = (0..<count).map { number in
            var wish = Wish()
            change(number, &wish)
            return AcceptedJob(
                partition: 0,
                offset: Int64(number),
                order: Order(account: wish.account, orderID: "o-\(number)"),
                lane: lane,
                campaign: nil,
                notBefore: wish.notBefore,
                notAfter: wish.notAfter,
                contentDigest: [],
                body: [],
                traceparent: nil
            )
        }
        return IngestBatch(topic: "jobs", ranges: [], jobs: jobs, quarantined: [], lease: .seconds(60))
    }

    private static func request(_ orderID: String) -> SessionRequest {
        SessionRequest(
            orderID: orderID,
            agentName: "A",
            intent: .payment,
            currency: "EUR",
            cid: "c",
            locale: "en-GB",
            notificationURL: "https://crm.example.test/n",
            returnURL: "https://crm.example.test/r"
        )
    }

    private func started(_ batch: IngestBatch) -> [Int64] {
        batch.jobs.filter(\.mayStart).map(\.offset)
    }

    @Test("as many jobs start as there is room for, the first ones; the room is theirs until it is given back")
    func room() async {
        let slots = CallSlots(limit: 3)
        var batch = batch(5)
        #expect(await admission(slots).admit(&batch) == 3)
        #expect(started(batch) == [0, 1, 2])
        #expect(slots.free(ahead: 0) == 0)
        slots.taken(3, of: 3)
        #expect(slots.held == 3)
    }

    @Test("nothing starts in a lane where older jobs wait")
    func lanes() async {
        let slots = CallSlots(limit: 10)
        let admission = admission(slots)
        shares.stored(1, in: .campaign, of: ["main"])
        var bulk = batch(3, lane: .campaign)
        let bulkRoom = await admission.admit(&bulk)
        #expect(started(bulk) == [])
        slots.taken(0, of: bulkRoom)
        var agents = batch(3)
        #expect(await admission.admit(&agents) == 3)
        #expect(started(agents) == [0, 1, 2])
        #expect(slots.free(ahead: 0) == 7)
    }

    @Test("a campaign leaves the interactive lane its reserve")
    func reserve() async {
        var bulk = batch(10, lane: .campaign)
        _ = await admission(CallSlots(limit: 10)).admit(&bulk)
        #expect(started(bulk).count == 8)
    }

    @Test("what a campaign has in line keeps no agent waiting: as many start as the reserve has left")
    func pastACampaign() async {
        let slots = CallSlots(limit: 10, reserve: 2)
        slots.taken(21, of: 0)
        // So slow that nobody waits for room.
        slots.answered(1, at: clock.uptime - .milliseconds(300))
        let admission = admission(slots, concurrencyMax: 10, agentsShare: 0.2)
        let jobs = (0..<20).map { AccountGuardsTests.job($0, lane: .campaign) }
        let calls = jobs.map { CashierCall(kind: .open, job: $0, markedAt: $0.acceptedAt) }
        _ = admission.guards.begin(calls.map { .init(call: $0, sendBy: .seconds(15)) })
        var bulk = batch(5, lane: .campaign)
        #expect(await admission.admit(&bulk) == 0)
        var agents = batch(5)
        #expect(await admission.admit(&agents) == 2)
        #expect(started(agents) == [0, 1])
    }

    @Test("before anything was claimed nobody knows what waits: all goes through the queue")
    func unknownQueue() async {
        let slots = CallSlots(limit: 10)
        var batch = batch(2)
        _ = await admission(slots, isDrained: false).admit(&batch)
        #expect(started(batch) == [])
    }

    @Test("jobs that are not due, and jobs beyond their account's room, do not start")
    func dueAndAccounts() async {
        let slots = CallSlots(limit: 10)
        var batch = batch(6) { number, wish in
            if number == 0 { wish.notBefore = Timestamp(seconds: 1_500_000) }
            if number == 1 { wish.notAfter = Timestamp(seconds: 900_000) }
            if number == 2 { wish.account = "unknown" }
        }
        #expect(await admission(slots, concurrencyMax: 2).admit(&batch) == 4)
        #expect(started(batch) == [3, 4])
    }

    @Test("nothing starts while results cannot be published, and once the worker stops")
    func stopped() async {
        var batch = batch(2)
        #expect(await admission(CallSlots(limit: 10), mayMint: false).admit(&batch) == 0)
        let slots = CallSlots(limit: 10)
        slots.stop()
        #expect(await admission(slots).admit(&batch) == 0)
        #expect(started(batch) == [])
    }

    /// Slots that are all taken, with so many answered within a tenth of the last second.
    private func busySlots(answered: Int) -> CallSlots {
        let slots = CallSlots(limit: 10)
        slots.taken(answered, of: 0)
        // Long enough ago for the rate to be known.
        slots.answered(answered, at: clock.uptime - .milliseconds(300))
        slots.settled(answered)
        slots.taken(slots.free(ahead: 0), of: 0)
        return slots
    }

    @Test("where room is about to come it is waited for, and taken")
    func waits() async {
        // A machine that is busy may let the rate lapse before anything is asked: then it is tried again.
        for _ in 0..<50 {
            let slots = busySlots(answered: 1_000)
            let admission = admission(slots)
            let batch = batch(5)
            let answering = Task {
                // Calls are answered until the room has come.
                for _ in 0..<5 {
                    try await clock.wait(for: .milliseconds(2))
                    slots.answered(1, at: clock.uptime)
                }
            }
            // As in a worker: the last answer may come just before the wait for one begins.
            let ticks = nudging(slots)
            defer { ticks.cancel() }
            let start = clock.uptime
            var copy = batch
            let reserved = await admission.admit(&copy)
            let hasWaited = clock.uptime - start >= .milliseconds(2)
            try? await answering.value
            if hasWaited, reserved == 5, started(copy).count == 5 { return }
        }
        Issue.record("not once did all five start after a wait")
    }

    /// What the worker's ticks do.
    private func nudging(_ slots: CallSlots) -> Task<Void, any Error> {
        Task {
            while !Task.isCancelled {
                slots.nudge()
                try await clock.wait(for: .milliseconds(1))
            }
        }
    }

    @Test("room that does not come is waited for no longer than the patience")
    func givesUp() async {
        // A machine that is busy may let a second pass before anything is asked: then it is tried again.
        for _ in 0..<20 {
            let slots = busySlots(answered: 1_000)
            let admission = admission(slots)
            let nudging = nudging(slots)
            var batch = batch(5)
            let start = clock.uptime
            _ = await admission.admit(&batch)
            let waited = clock.uptime - start
            nudging.cancel()
            if waited >= Admission.patience { return }
        }
        Issue.record("not once was it waited for as long as the patience")
    }

    @Test("while what was stored to wait is let go, what follows waits for its turn to start at once")
    func catchesUp() async {
        // A machine that is busy may let the patience pass before the queue is let go: then it is tried again.
        for _ in 0..<50 {
            let slots = CallSlots(limit: 10)
            slots.taken(501, of: 0)
            slots.answered(500, at: clock.uptime - .milliseconds(300))
            let admission = admission(slots)
            // Far more than the patience has time for, and less than can be caught up with.
            shares.stored(4_000, in: .interactive, of: ["main"])
            let ticks = nudging(slots)
            defer { ticks.cancel() }
            let draining = Task {
                try await clock.wait(for: .milliseconds(5))
                findNothing()
            }
            var batch = batch(5)
            _ = await admission.admit(&batch)
            try? await draining.value
            if started(batch).count == 5 { return }
        }
        Issue.record("not once was the queue waited for")
    }

    @Test("where calls are answered too slowly it is not waited at all")
    func doesNotWait() async {
        let slots = busySlots(answered: 1)
        var batch = batch(500)
        // Nobody nudges: had it waited, it would wait for ever.
        #expect(await admission(slots).admit(&batch) == 0)
    }

    @Test("jobs that were stored to wait stand before the next of their lane")
    func stored() async {
        let slots = CallSlots(limit: 10)
        let admission = admission(slots)
        var first = batch(3)
        let reserved = await admission.admit(&first)
        admission.stored(first, started: [])
        slots.taken(1, of: reserved)
        var second = batch(1)
        let nudging = nudging(slots)
        _ = await admission.admit(&second)
        nudging.cancel()
        #expect(started(second) == [])
    }
}
