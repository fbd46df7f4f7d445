import SessionCore
import Testing

@testable import Worker

/// What answered look-ups say of an account, and what answers that were not believed do.
@Suite("Look-ups and unbelieved answers of an account")
struct AccountLookUpsTests {
    private let guards = AccountGuards(accounts: ["main": AccountGuardsTests.account(concurrencyMax: 20, start: 4)])

    @discardableResult
    private func ended(
        _ number: Int64,
        _ sign: AccountSign,
        _ purpose: ClaimPurpose = .open,
        at uptime: Duration = .zero
    ) -> AccountGuards.Turn {
        let job = AccountGuardsTests.job(number, purpose: purpose)
        return guards.ended([.init(job: job, sign: sign)], at: uptime, now: AccountGuardsTests.now)
    }

    private func begin(_ numbers: ClosedRange<Int64>) {
        _ = guards.begin(numbers.map { AccountGuardsTests.call($0) })
    }

    private var unbelieved: AccountSign {
        let cause = HoldCause(kind: .fault, code: "bad_signature", reason: "the signature is wrong")
        return AccountSign(isFailure: true, isUnverified: true, hold: cause)
    }

    @Test("openings that all fail open the breaker, however many look-ups are answered between them")
    func lookUpsHideNoFailures() {
        var changes: [AccountGuards.Change] = []
        for number in Int64(1)...3 {
            changes += ended(number, AccountSign(isFailure: true)).changes
            for other in Int64(1)...5 {
                changes += ended(number * 10 + other, AccountSign(isWell: true), .lookUp).changes
            }
        }
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(1)))])
    }

    @Test("a breaker that a look-up closed opens again with as many failing openings, whatever is looked up")
    func aLookUpAsProbe() {
        for number in Int64(1)...3 { ended(number, AccountSign(isFailure: true)) }
        guards.probeStarted("main")
        guards.probeClaimed(AccountGuardsTests.job(4, purpose: .lookUp))
        let probed = ended(4, AccountSign(isWell: true), .lookUp, at: .seconds(2))
        #expect(probed.changes == [.breaker(account: "main", .closed)])
        var changes: [AccountGuards.Change] = []
        for number in Int64(5)...7 {
            changes += ended(number, AccountSign(isFailure: true), at: .seconds(3)).changes
            changes += ended(number + 10, AccountSign(isWell: true), .lookUp, at: .seconds(3)).changes
        }
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(4)))])
    }

    @Test("look-ups that fail do not open the breaker of an account whose openings go well, or are still on their way")
    func failedLookUpsBesideOpenings() {
        begin(1...2)
        var changes: [AccountGuards.Change] = []
        for number in Int64(11)...13 { changes += ended(number, AccountSign(isFailure: true), .lookUp).changes }
        for number in Int64(1)...2 { changes += ended(number, AccountSign(isWell: true)).changes }
        for number in Int64(21)...25 { changes += ended(number, AccountSign(isFailure: true), .lookUp).changes }
        #expect(changes.isEmpty)
        for number in Int64(3)...5 { changes += ended(number, AccountSign(isFailure: true)).changes }
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(1)))], "failing openings do, as before")
    }

    @Test("they do where the newest opening failed as well")
    func failedLookUpsAndOpenings() {
        begin(1...2)
        ended(1, AccountSign(isWell: true))
        var changes = ended(2, AccountSign(isFailure: true)).changes
        for number in Int64(11)...13 { changes += ended(number, AccountSign(isFailure: true), .lookUp).changes }
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(1)))])
    }

    @Test("look-ups that fail open the breaker of an account of which no opening tells anything")
    func failedLookUpsAlone() {
        var changes: [AccountGuards.Change] = []
        for number in Int64(1)...3 { changes += ended(number, AccountSign(isFailure: true), .lookUp).changes }
        #expect(changes == [.breaker(account: "main", .open(until: .seconds(1)))])
    }

    @Test("after a probe that was a look-up in vain the next leaves look-ups alone, until a probe was an opening")
    func aProbeInVain() {
        func probed(_ number: Int64, _ purpose: ClaimPurpose, at uptime: Duration) {
            guards.probeStarted("main")
            guards.probeClaimed(AccountGuardsTests.job(number, purpose: purpose))
            ended(number, AccountSign(isFailure: true), purpose, at: uptime)
        }
        for number in Int64(1)...3 { ended(number, AccountSign(isFailure: true)) }
        #expect(!guards.probeLeavesLookUps("main"))
        probed(4, .lookUp, at: .seconds(2))
        #expect(guards.probeLeavesLookUps("main"))
        probed(5, .open, at: .seconds(4))
        #expect(!guards.probeLeavesLookUps("main"), "each of these may leave another order's outcome open")
    }

    @Test("calls that fail do not raise how many are made at once")
    func failuresRaiseNothing() {
        begin(1...4)
        for number in Int64(1)...2 { ended(number, AccountSign(isFailure: true)) }
        #expect(guards.permits(at: .zero, ahead: .zero).open.map(\.limit) == [2])
    }

    @Test("one answer that is not believed is its own order's matter; three without a good one hold the account")
    func unbelievedInARow() {
        begin(1...7)
        #expect(ended(1, unbelieved).unheld.count == 1)
        #expect(ended(2, unbelieved).unheld.count == 1)
        ended(3, AccountSign(isWell: true))
        ended(4, unbelieved)
        ended(5, AccountSign(isWell: true), .lookUp)
        #expect(ended(6, unbelieved).unheld.count == 1)
        let last = ended(7, unbelieved)
        #expect(last.unheld.isEmpty)
        let held = AccountGuards.Change.held(
            account: "main",
            .fault,
            code: "bad_signature",
            reason: "the signature is wrong",
            order: "o-7"
        )
        #expect(last.changes.contains(held))
    }

    @Test("an order whose answers are never believed holds nothing by itself, however often it is sent")
    func oneOrderAlone() {
        begin(1...1)
        for _ in 0..<8 {
            #expect(ended(1, unbelieved).unheld.count == 1)
            begin(1...1)
        }
    }

    @Test("while the account waits for another reason one answer makes no hold either: three, or two, in a row do")
    func oneAnswerWhileHeld() {
        let delay = HoldCause(kind: .delay, lasts: .seconds(2), code: "429", reason: "wait")
        begin(1...4)
        ended(1, AccountSign(isWell: true, hold: delay, delay: delay))
        let first = ended(2, unbelieved)
        #expect(first.unheld.count == 1)
        #expect(first.changes.isEmpty)
        #expect(ended(3, maintenance).unheld.count == 1)
        #expect(ended(4, maintenance).unheld.isEmpty)
        #expect(ended(5, unbelieved).unheld.count == 1)
        #expect(ended(6, unbelieved).unheld.isEmpty)
    }

    private var fault: AccountSign { AccountSign(hold: HoldCause(kind: .fault, code: "401", reason: "signature")) }

    private var maintenance: AccountSign {
        AccountSign(isOverload: true, hold: HoldCause(kind: .maintenance, code: "333", reason: "maintenance"))
    }

    @Test("where openings go well, a fault that look-ups meet is theirs: that is told once, and holds nothing")
    func faultOfLookUps() {
        begin(1...2)
        ended(1, AccountSign(isWell: true))
        let refused = ended(11, fault, .lookUp)
        #expect(refused.unheld.count == 1)
        #expect(refused.changes == [.lookUpRefused(account: "main", fault: fault.hold)])
        #expect(ended(12, fault, .lookUp).changes.isEmpty)
        #expect(guards.reports().map(\.lookUpRefusedAt) == [AccountGuardsTests.now])
        let met = ended(2, fault)
        #expect(met.unheld.isEmpty)
        #expect(met.changes == [.held(account: "main", .fault, code: "401", reason: "signature", order: "o-2")])
        #expect(ended(13, fault, .lookUp).unheld.isEmpty, "it is the account's by now")
    }

    @Test("look-ups that the provider does not do for the account are told without a fault")
    func lookUpsOff() {
        let refused = AccountGuards.EndedCall(
            job: AccountGuardsTests.job(1, purpose: .lookUp),
            sign: AccountSign(isUp: true),
            refusesLookUp: true
        )
        let turn = guards.ended([refused], at: .zero, now: AccountGuardsTests.now)
        #expect(turn.changes == [.lookUpRefused(account: "main", fault: nil)])
    }

    @Test("how long such a look-up's answer asks to wait holds the account all the same")
    func delayOfLookUps() {
        let delay = HoldCause(kind: .delay, lasts: .seconds(17), code: "333", reason: "wait")
        var patient = maintenance
        patient.delay = delay
        begin(1...2)
        ended(1, AccountSign(isWell: true))
        let refused = ended(11, patient, .lookUp)
        #expect(refused.unheld.count == 1)
        #expect(refused.changes == [.held(account: "main", .delay, code: "333", reason: "wait", order: "o-11")])
    }

    @Test("so does the first answer of maintenance, which is no hold of its own yet")
    func delayOfTheFirstMaintenance() {
        var patient = maintenance
        patient.isOverload = false
        patient.delay = HoldCause(kind: .delay, lasts: .seconds(17), code: "333", reason: "wait")
        begin(1...1)
        let refused = ended(1, patient)
        #expect(refused.unheld.count == 1)
        #expect(refused.changes == [.held(account: "main", .delay, code: "333", reason: "wait", order: "o-1")])
    }

    @Test("beside a fault that holds the account both are held, and known to be stored once both are")
    func delayBesideAFault() {
        var patient = fault
        patient.delay = HoldCause(kind: .delay, lasts: .seconds(17), code: "401", reason: "wait")
        begin(1...1)
        let refused = ended(1, patient)
        #expect(refused.unheld.isEmpty)
        #expect(
            refused.changes == [
                .held(account: "main", .fault, code: "401", reason: "signature", order: "o-1"),
                .held(account: "main", .delay, code: "401", reason: "wait", order: "o-1"),
            ]
        )
        guards.holdsStored("main", count: 1)
        #expect(guards.read([], versions: guards.holdVersions()).changes.isEmpty, "the other is not stored yet")
        guards.holdsStored("main", count: 1)
        #expect(guards.read([], versions: guards.holdVersions()).changes == [.released(account: "main")])
    }

    @Test("maintenance of look-ups neither holds nor slows down anything, as long as openings go well")
    func maintenanceOfLookUps() {
        begin(1...2)
        ended(1, AccountSign(isWell: true))
        for number in Int64(11)...13 {
            let turn = ended(number, maintenance, .lookUp)
            #expect(turn.unheld.count == 1)
            #expect(turn.changes.isEmpty)
        }
        #expect(ended(2, maintenance).unheld.count == 1, "one among good ones")
        #expect(ended(14, maintenance, .lookUp).unheld.isEmpty)
    }

    @Test("a look-up that is the first call of all may hold the account; once that has ended, none does so again")
    func faultOfTheFirstLookUp() {
        #expect(ended(1, fault, .lookUp).unheld.isEmpty)
        guards.holdsStored("main", count: 1)
        #expect(guards.read([], versions: guards.holdVersions()).changes == [.released(account: "main")])
        #expect(ended(2, fault, .lookUp).unheld.count == 1)
    }

    @Test("a look-up's fault or maintenance waits for what the first openings say, while they are in flight or in line")
    func faultBesideTheFirstOpenings() {
        begin(1...6)
        let early = ended(11, fault, .lookUp)
        #expect(early.unheld.count == 1)
        #expect(early.changes.isEmpty, "whose it is nobody knows yet")
        for number in Int64(12)...13 { #expect(ended(number, maintenance, .lookUp).unheld.count == 1) }
        #expect(ended(1, fault).unheld.isEmpty)
        #expect(ended(14, fault, .lookUp).unheld.isEmpty)
    }

    @Test("the first openings wait in line behind look-ups: the first of these that meets a fault holds nothing")
    func faultBeforeTheFirstOpenings() {
        let lookUps = (Int64(1)...4).map { number -> AccountGuards.QueuedCall in
            let job = AccountGuardsTests.job(number, purpose: .lookUp)
            return AccountGuards.QueuedCall(
                call: CashierCall(kind: .lookUp, job: job, markedAt: job.acceptedAt),
                sendBy: .seconds(15)
            )
        }
        _ = guards.begin(lookUps)
        begin(5...5)
        #expect(ended(1, fault, .lookUp).unheld.count == 1)
    }

    @Test("after a trial that was a look-up in vain the next leaves look-ups alone, until one is answered")
    func aLookUpInVain() {
        func tried(_ number: Int64, _ sign: AccountSign) {
            guards.trialStarted(AccountGuardsTests.job(number, purpose: .lookUp))
            ended(number, sign, .lookUp)
        }
        begin(1...2)
        for number in Int64(1)...2 { ended(number, maintenance) }
        #expect(!guards.leavesLookUps("main"))
        for sign in [maintenance, AccountSign(isFailure: true)] {
            tried(3, sign)
            #expect(guards.leavesLookUps("main"))
            tried(4, AccountSign(isWell: true))
            #expect(!guards.leavesLookUps("main"))
        }
        tried(5, maintenance)
        _ = guards.holdEnded("main")
        #expect(!guards.leavesLookUps("main"))
    }

    @Test("a look-up that was the trial of a fault shows nothing, and the next job may be tried at once")
    func aLookUpAsTrial() {
        begin(1...2)
        ended(1, fault)
        let trial = AccountGuardsTests.job(2, purpose: .lookUp)
        guards.trialStarted(trial)
        #expect(ended(2, AccountSign(isWell: true), .lookUp).wellTrials.isEmpty)
        #expect(guards.owesTrial("main", now: AccountGuardsTests.now))
    }
}
