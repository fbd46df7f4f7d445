import BlockingThreads
import SessionCore
import Testing
import UsherTestKit

@testable import Worker

@Suite("Account guards")
struct AccountGuardsTests {
    static let policy = Breaker.Policy(
        failures: 3,
        window: .seconds(10),
        openFor: .seconds(1),
        probeInterval: .seconds(1)
    )

    static func account(concurrencyMax: Int, start: Int? = nil) -> WorkerAccount {
        WorkerAccount(
            outcomes: OutcomePolicy(rules: WorkerBench.rules),
            breaker: policy,
            concurrency: ConcurrencyLimit.Policy(min: 1, max: concurrencyMax, start: start ?? concurrencyMax),
            retryRatioMax: 1
        )
    }

    static func job(
        _ number: Int64,
        account: String = "main",
        purpose: ClaimPurpose = .open,
        attempts: Int = 1,
        lane: Lane = .interactive,
        lastCode: String? = nil
    ) -> ClaimedJob {
        let now = Timestamp(seconds: 1_000_000)
        return ClaimedJob(
            lease: LeaseRef(jobID: number, epoch: 1),
            purpose: purpose,
            order: Order(account: account, orderID: "o-\(number)"),
            generation: 1,
            lane: lane,
            campaign: nil,
            attempts: attempts,
            lookUps: 0,
            acceptedAt: now,
            notAfter: now.advanced(by: .seconds(3_600)),
            firstSend: now,
            lastSend: now,
            lastCode: lastCode,
            request: nil,
            traceparent: nil
        )
    }

    static func call(_ number: Int64, account: String = "main", sendBy: Duration = .seconds(15))
        -> AccountGuards.QueuedCall
    {
        let job = job(number, account: account)
        return .init(call: CashierCall(kind: .open, job: job, markedAt: job.acceptedAt), sendBy: sendBy)
    }

    static let now = Timestamp(seconds: 1_000_000)

    /// - Parameter ahead: unless it is given nothing is taken ahead.
    private func permits(
        _ guards: AccountGuards,
        at uptime: Duration = .zero,
        ahead: Duration = .zero
    ) -> AccountGuards.Permits {
        guards.permits(at: uptime, ahead: ahead)
    }

    private func numbers(_ calls: [AccountGuards.QueuedCall]) -> [Int64] {
        calls.map(\.call.job.lease.jobID)
    }

    private func ended(_ numbers: [Int64], account: String = "main", isFailure: Bool = false)
        -> [AccountGuards.EndedCall]
    {
        numbers.map { .init(job: Self.job($0, account: account), sign: AccountSign(isFailure: isFailure)) }
    }

    @Test("room is worth waiting for where it will come soon; a slow account is not waited for, nor one that is held")
    func roomSoon() {
        let guards = AccountGuards(accounts: [
            "main": Self.account(concurrencyMax: 2), "slow": Self.account(concurrencyMax: 1),
        ])
        func room(_ account: String, _ jobs: Int, at milliseconds: Int) -> [Int] {
            let room = guards.room(
                for: AccountQuota(account: account, limit: jobs),
                of: .interactive,
                within: .milliseconds(150),
                at: .milliseconds(milliseconds)
            )
            return [room.now, room.soon]
        }
        #expect(room("main", 5, at: 0) == [2, 2], "nothing is in flight that could be answered")
        _ = guards.begin([Self.call(1), Self.call(2), Self.call(3, account: "slow")])
        #expect(room("main", 5, at: 0) == [0, 5], "while the first calls are out nobody can tell")
        _ = guards.ended(ended([1]), at: .milliseconds(10), now: Self.now)
        _ = guards.ended(ended([3], account: "slow"), at: .milliseconds(10), now: Self.now)
        _ = guards.begin([Self.call(4, account: "slow")])
        #expect(room("main", 5, at: 20) == [2, 5], "one was answered: one more is taken than may be in flight")
        #expect(room("slow", 5, at: 300) == [0, 0], "one answer in a tenth of a second")
        #expect(room("slow", 1, at: 300) == [0, 1])
        #expect(room("unknown", 5, at: 300) == [0, 0])
        let refused = AccountSign(hold: HoldCause(kind: .fault, code: "401", reason: "secret"))
        _ = guards.ended([.init(job: Self.job(2), sign: refused)], at: .milliseconds(30), now: Self.now)
        #expect(room("main", 5, at: 40) == [0, 0], "held")
    }

    @Test("an account's calls beyond its concurrency wait in line, in order; another account is not held up by it")
    func lines() {
        let guards = AccountGuards(accounts: [
            "main": Self.account(concurrencyMax: 2), "other": Self.account(concurrencyMax: 1),
        ])
        let begun = guards.begin(
            (1...4).map { Self.call($0) } + [Self.call(10, account: "other"), Self.call(11, account: "other")]
        )
        #expect(numbers(begun.next) == [1, 2, 10])
        #expect(numbers(guards.begin([Self.call(5)]).next) == [])
        #expect(numbers(guards.ended(ended([2]), at: .zero, now: Self.now).next) == [3])
        #expect(numbers(guards.ended(ended([10], account: "other"), at: .zero, now: Self.now).next) == [11])
        #expect(numbers(guards.ended(ended([1, 3]), at: .zero, now: Self.now).next) == [4, 5])
        #expect(numbers(guards.ended(ended([4, 5]), at: .zero, now: Self.now).next) == [])
    }

    /// After three failures the breaker is open, calls 4 and 5 are out still, and so is a probe.
    private func guardsProbing(with probe: Int64) -> AccountGuards {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 9)])
        _ = guards.begin((1...5).map { Self.call($0) })
        _ = guards.ended(ended([1, 2, 3], isFailure: true), at: .zero, now: Self.now)
        guards.probeStarted("main")
        guards.probeClaimed(Self.job(probe))
        _ = guards.begin([Self.call(probe)])
        return guards
    }

    @Test("only the probe itself, given back, lets another one go: not any other job that is given back meanwhile")
    func probes() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 9)])
        let failed = guards.ended(ended([1, 2, 3], isFailure: true), at: .zero, now: Self.now)
        #expect(failed.changes == [.breaker(account: "main", .open(until: .seconds(1)))])
        #expect(permits(guards, at: .seconds(1)).probing == ["main"])
        guards.probeStarted("main")
        guards.probeClaimed(Self.job(4))
        guards.unsent(Self.job(5), at: .seconds(1))
        #expect(permits(guards, at: .seconds(2)).probing.isEmpty, "the probe is out")
        guards.unsent(Self.job(4), at: .seconds(2))
        #expect(permits(guards, at: .seconds(2)).probing == ["main"])
    }

    @Test("while a probe is out its own call alone decides: one from before the opening neither ends nor prolongs it")
    func stragglers() {
        for isFailure in [true, false] {
            let guards = guardsProbing(with: 6)
            let late = guards.ended(ended([4], isFailure: isFailure), at: .seconds(1), now: Self.now)
            #expect(late.changes.isEmpty)
            #expect(permits(guards, at: .seconds(9)) == .init())
            let own = guards.ended(ended([6]), at: .seconds(9), now: Self.now)
            #expect(own.changes == [.breaker(account: "main", .closed)])
        }
    }

    @Test("a probe whose job cannot be read has asked nothing: the breaker stays open, and another one may go")
    func unreadableProbe() {
        let guards = guardsProbing(with: 6)
        let unasked = AccountSign(isUnasked: true)
        #expect(guards.ended([.init(job: Self.job(6), sign: unasked)], at: .seconds(1), now: Self.now).changes.isEmpty)
        #expect(permits(guards, at: .seconds(1)) == .init(open: [], probing: ["main"]))
    }

    @Test("calls that asked nothing do not raise how many are made at once; answered ones do")
    func unreadableJobsRaiseNothing() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 8, start: 1)])
        for number in Int64(1)...4 {
            _ = guards.begin([Self.call(number)])
            let unasked = AccountSign(isUnasked: true)
            _ = guards.ended([.init(job: Self.job(number), sign: unasked)], at: .zero, now: Self.now)
        }
        #expect(permits(guards).open.map(\.limit) == [1])
        _ = guards.begin([Self.call(5)])
        _ = guards.ended(ended([5]), at: .zero, now: Self.now)
        #expect(permits(guards).open.map(\.limit) == [2])
    }

    @Test("an agent's call stands before a campaign's in its account's line, and finds room where a campaign has none")
    func agentsFirst() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 1)])
        func call(_ number: Int64, _ lane: Lane) -> AccountGuards.QueuedCall {
            let job = Self.job(number, lane: lane)
            return .init(call: CashierCall(kind: .open, job: job, markedAt: job.acceptedAt), sendBy: .seconds(15))
        }
        _ = guards.begin([call(1, .campaign), call(2, .campaign), call(3, .replay), call(4, .campaign)])
        #expect(permits(guards).open == [AccountQuota(account: "main", limit: 0, past: 1)])
        _ = guards.begin([call(5, .interactive), call(6, .interactive)])
        #expect(permits(guards).open.isEmpty)
        #expect(permits(guards).hasFull)
        var order: [Int64] = []
        var current: Int64 = 1
        for _ in 0..<5 {
            let next = guards.ended(ended([current]), at: .zero, now: Self.now).next
            order += numbers(next)
            current = numbers(next).first ?? 0
        }
        #expect(order == [5, 6, 2, 3, 4])
    }

    @Test("no account has more calls in flight than it may, whatever comes and ends")
    func neverMore() {
        var random = SystemRandomNumberGenerator()
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 5)])
        var inFlight: [Int64] = []
        var next: Int64 = 0
        var seen: [Int64] = []
        for _ in 0..<2_000 {
            let count = Int64.random(in: 0...4, using: &random)
            let begun = guards.begin((0..<count).map { Self.call(next + $0) }).next
            next += count
            inFlight += numbers(begun)
            seen += numbers(begun)
            #expect(inFlight.count <= 5)
            inFlight.shuffle(using: &random)
            let ending = Array(inFlight.prefix(Int.random(in: 0...3, using: &random)))
            inFlight.removeFirst(ending.count)
            let more =
                Bool.random(using: &random)
                ? guards.ended(ended(ending), at: .zero, now: Self.now).next
                : guards.abandoned(ending.map { Self.job($0) }).next
            inFlight += numbers(more)
            seen += numbers(more)
            #expect(inFlight.count <= 5)
        }
        let left = numbers(guards.drain())
        #expect(seen + left == Array(0..<next), "each once, in the order in which they came")
    }

    @Test("there is room for as many as may be in flight, less what is there; a closed breaker only")
    func permits() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 4)])
        #expect(permits(guards).open == [AccountQuota(account: "main", limit: 4, past: 1)])
        _ = guards.begin((1...3).map { Self.call($0) })
        #expect(permits(guards).open == [AccountQuota(account: "main", limit: 1)])
        _ = guards.begin((4...6).map { Self.call($0) })
        #expect(permits(guards).open.isEmpty)
        let changes = guards.ended(ended([1, 2, 3], isFailure: true), at: .seconds(1), now: Self.now).changes
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(2)))])
        #expect(guards.permits(at: .seconds(1)).open.isEmpty)
        #expect(guards.permits(at: .seconds(1)).probing.isEmpty)
        #expect(guards.permits(at: .seconds(2)).open.isEmpty)
        #expect(guards.permits(at: .seconds(2)).probing == ["main"])
    }

    @Test("as many more are taken ahead as the account itself answers in a moment: what another answers fills no line")
    func ahead() {
        let guards = AccountGuards(accounts: [
            "fast": Self.account(concurrencyMax: 10), "slow": Self.account(concurrencyMax: 2),
        ])
        _ = guards.begin((0..<10).map { Self.call($0, account: "fast") })
        _ = guards.begin((10..<12).map { Self.call($0, account: "slow") })
        _ = guards.ended(ended(Array(0..<8), account: "fast"), at: .milliseconds(10), now: Self.now)
        let permits = guards.permits(at: .milliseconds(20))
        #expect(permits.open.map(\.account) == ["fast"])
        #expect(permits.open.first?.limit == 8 + 8)
        #expect(permits.hasFull, "the slow one")
        #expect(permits.ahead == 8)
    }

    @Test("what waits in line uses no slot, however slow its account has become")
    func linesUseNoSlot() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 2)])
        #expect(permits(guards).ahead == 0)
        _ = guards.begin((1...9).map { Self.call($0) })
        #expect(permits(guards).ahead == 7)
    }

    @Test("agents have their share of an account's calls whatever others have in line, and one call at least")
    func pastOthers() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 10)], agentsShare: 0.2)
        func begin(_ numbers: ClosedRange<Int64>, _ lane: Lane) {
            let jobs = numbers.map { Self.job($0, lane: lane) }
            let calls = jobs.map { CashierCall(kind: .open, job: $0, markedAt: Self.now) }
            _ = guards.begin(calls.map { .init(call: $0, sendBy: .seconds(15)) })
        }
        func past() -> Int? { permits(guards).open.first?.past }
        begin(1...30, .campaign)
        #expect(past() == 2)
        begin(31...31, .interactive)
        #expect(past() == 1)
        begin(32...32, .interactive)
        #expect(past() == nil)
        let ended = [Self.job(1, lane: .campaign), Self.job(2, lane: .campaign)].map {
            AccountGuards.EndedCall(job: $0, sign: AccountSign())
        }
        #expect(numbers(guards.ended(ended, at: .zero, now: Self.now).next) == [31, 32], "the next calls are theirs")
        #expect(past() == nil, "and so are those in flight")
    }

    @Test("one answer of maintenance among good ones holds nothing; two in a row hold the account")
    func maintenanceInARow() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 10)])
        _ = guards.begin((1...6).map { Self.call($0) })
        let maintenance = AccountSign(hold: HoldCause(kind: .maintenance, code: "333", reason: "maintenance"))
        func ended(_ number: Int64, _ sign: AccountSign) -> AccountGuards.Turn {
            guards.ended([.init(job: Self.job(number), sign: sign)], at: .zero, now: Self.now)
        }
        #expect(ended(1, maintenance).unheld == [Self.job(1).lease])
        #expect(ended(2, AccountSign(isWell: true)).changes.isEmpty)
        #expect(ended(3, maintenance).unheld == [Self.job(3).lease])
        #expect(!permits(guards).open.isEmpty)
        let second = ended(4, maintenance)
        #expect(second.unheld.isEmpty)
        #expect(second.changes == [Self.maintenanceHold])
        #expect(permits(guards).open.isEmpty)
    }

    private static let maintenanceHold = AccountGuards.Change.held(
        account: "main",
        .maintenance,
        code: "333",
        reason: "maintenance",
        order: "o-4"
    )

    @Test("look-ups that are answered between two openings that meet maintenance do not hide it")
    func maintenanceBehindLookUps() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 10)])
        _ = guards.begin((1...4).map { Self.call($0) })
        let maintenance = AccountSign(hold: HoldCause(kind: .maintenance, code: "333", reason: "maintenance"))
        func ended(_ number: Int64, _ sign: AccountSign, _ purpose: ClaimPurpose = .open) -> AccountGuards.Turn {
            let job = Self.job(number, purpose: purpose)
            return guards.ended([.init(job: job, sign: sign)], at: .zero, now: Self.now)
        }
        #expect(ended(1, maintenance).unheld.count == 1)
        _ = ended(2, AccountSign(isWell: true), .lookUp)
        _ = ended(3, AccountSign(isUp: true), .lookUp)
        let second = ended(4, maintenance)
        #expect(second.unheld.isEmpty)
        #expect(second.changes == [Self.maintenanceHold])
    }

    @Test("an account with a bound on its calls a second is given no more room than that; another is not held up")
    func boundedRate() {
        var slow = Self.account(concurrencyMax: 100)
        slow.ratePerSecond = 10
        let guards = AccountGuards(accounts: ["main": slow, "other": Self.account(concurrencyMax: 4)])
        func room(at uptime: Duration) -> Int {
            guards.permits(at: uptime).open.first { $0.account == "main" }?.limit ?? 0
        }
        #expect(room(at: .zero) == 2)
        #expect(numbers(guards.begin([Self.call(1), Self.call(2)]).next) == [1, 2])
        #expect(room(at: .milliseconds(90)) == 0)
        #expect(room(at: .milliseconds(101)) == 1)
        #expect(permits(guards, at: .milliseconds(102)).open.contains { $0.account == "other" })
    }

    @Test("what waits in line is taken out at once, and only once")
    func drain() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 1)])
        _ = guards.begin((1...3).map { Self.call($0) })
        #expect(numbers(guards.drain()) == [2, 3])
        #expect(guards.drain().isEmpty)
        #expect(numbers(guards.ended(ended([1]), at: .zero, now: Self.now).next) == [])
    }

    /// A provider that keeps silent for long: all that waited in line comes too late. No call is left whose end could
    /// move the line on.
    @Test("calls that come too late are given back with the whole line behind them, and the account is free again")
    func lateLine() async {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 2)])
        let slots = CallSlots(limit: 2)
        let decided = DecidedJobs()
        let cashier = ScriptedCashier(answer: WorkerBench.opened)
        let dispatcher = Dispatcher(
            cashier: cashier,
            accounts: ["main": Self.account(concurrencyMax: 2)],
            guards: guards,
            slots: slots,
            decided: decided,
            clock: WorkerClock(wall: Timestamp(seconds: 1_000_000)),
            activity: Activity(),
            lease: .seconds(60)
        )
        slots.taken(20, ofAgents: 20, of: 0)
        let begun = guards.begin((1...20).map { Self.call($0, sendBy: $0 == 20 ? .seconds(60) : .seconds(15)) })
        dispatcher.carryOn(begun, at: .zero)
        #expect(cashier.calls.count == 2)
        let turn = guards.ended(ended([1, 2]), at: .seconds(20), now: Self.now)
        slots.answered(2, ofAgents: 2, at: .seconds(20))
        dispatcher.carryOn(turn, at: .seconds(20))
        #expect(await decided.interactive.takeAll(dispatcher.clock)?.map(\.job.lease.jobID) == Array(3...19))
        #expect(cashier.calls.map(\.job.lease.jobID) == [1, 2, 20], "what is not too late is made")
        #expect(permits(guards, at: .seconds(20)).open == [AccountQuota(account: "main", limit: 1)])
    }

    @Test(
        "a call waits for its account's turn as long as it may, and never for more than a quarter of the lease",
        arguments: [(2, 60, 2), (15, 60, 15), (15, 20, 5)]
    )
    func turn(_ queuedMax: Int, _ lease: Int, _ expected: Int) throws {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 1)])
        let slots = CallSlots(limit: 2)
        let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))
        let dispatcher = Dispatcher(
            cashier: ScriptedCashier(answer: WorkerBench.opened),
            accounts: ["main": Self.account(concurrencyMax: 1)],
            guards: guards,
            slots: slots,
            decided: DecidedJobs(),
            clock: clock,
            activity: Activity(),
            lease: .seconds(lease),
            turnWaitMax: .seconds(queuedMax)
        )
        let asked = clock.uptime
        slots.taken(2, ofAgents: 2, of: 0)
        dispatcher.start([Self.job(1), Self.job(2)], asked: asked)
        let next = try #require(guards.ended(ended([1]), at: asked, now: Self.now).next.first)
        #expect(next.sendBy == asked + .seconds(expected))
    }

    @Test("a repeat that is refused once more pays nothing back: what the budget allows is used up")
    func refusedRepeatsUseTheBudgetUp() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 100)])
        var made = 0
        for number in 1...200 {
            let job = Self.job(Int64(number), attempts: 2)
            guard guards.pauseBeforeRepeat(of: job, at: .zero) == nil else { continue }
            made += 1
            _ = guards.begin([.init(call: CashierCall(kind: .open, job: job, markedAt: Self.now), sendBy: .seconds(15))]
            )
            let sign = AccountSign(isFailure: number.isMultiple(of: 2), isOverload: true, isWell: true)
            _ = guards.ended([.init(job: job, sign: sign)], at: .zero, now: Self.now)
        }
        #expect(made == 20)
    }

    @Test("refused repeats wait for their tokens one after another; an agent's not behind those of a campaign")
    func refusedRepeatsWait() {
        let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 100)])
        func pause(_ number: Int64, _ lane: Lane) -> Duration? {
            guards.pauseBeforeRepeat(of: Self.job(number, attempts: 2, lane: lane), at: .milliseconds(10))
        }
        #expect((0..<20).allSatisfy { pause($0, .campaign) == nil })
        let pauses: [Duration] = [.milliseconds(2_000), .milliseconds(2_020), .milliseconds(2_040)]
        #expect((20..<23).compactMap { pause($0, .campaign) } == pauses)
        #expect(pause(23, .interactive) == .seconds(2))
        let trial = Self.job(24, attempts: 2)
        guards.trialStarted(trial)
        #expect(guards.pauseBeforeRepeat(of: trial, at: .milliseconds(10)) == nil)
    }

    @Test("a refused timestamp ends maintenance but shows nothing of a fault; a look-up shows nothing of either")
    func halfProofs() {
        proves([.maintenance], AccountSign(isUp: true), .open)
        for sign in [AccountSign(isWell: true), AccountSign(isUp: true)] { proves([], sign, .lookUp) }
    }

    /// The kinds of holds that a trial with such an answer ends.
    private func proves(_ kinds: Set<HoldKind>, _ sign: AccountSign, _ purpose: ClaimPurpose) {
        for kind in [HoldKind.maintenance, .fault] {
            let guards = AccountGuards(accounts: ["main": Self.account(concurrencyMax: 2)])
            let refused = AccountSign(hold: HoldCause(kind: kind, code: "401", reason: ""))
            _ = guards.begin([Self.call(1), Self.call(2)])
            let calls = (1...2).map { AccountGuards.EndedCall(job: Self.job($0), sign: refused) }
            _ = guards.ended(calls, at: .zero, now: Self.now)
            let trial = Self.job(3, purpose: purpose)
            guards.trialStarted(trial)
            #expect(numbers(guards.begin([Self.call(3)]).next) == [3])
            let turn = guards.ended([.init(job: trial, sign: sign)], at: .zero, now: Self.now)
            #expect(turn.wellTrials.isEmpty != kinds.contains(kind), "\(kind)")
            #expect(guards.owesTrial("main", now: Self.now) == (purpose == .lookUp), "\(kind)")
        }
    }
}
