import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Worker

/// What answers show that an operator is to hear of.
@Suite("Findings of answers")
struct AnswerFindingTests {
    static let unbelieved = [AnswerCode.badSignature, AnswerCode.echo, AnswerCode.url, AnswerCode.stale]

    private static func answer(_ outcome: CallOutcome, _ code: String) -> CashierAnswer {
        CashierAnswer(outcome: outcome, code: code, message: "")
    }

    private func lookUp(after lastCode: String?) -> ClaimedJob {
        let sent = Timestamp(seconds: 1_000_000)
        return ClaimedJob(
            lease: LeaseRef(jobID: 1, epoch: 1),
            purpose: .lookUp,
            order: Order(account: "main", orderID: "o-1"),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: 1,
            lookUps: 1,
            acceptedAt: sent,
            notAfter: sent,
            firstSend: sent,
            lastSend: sent,
            lastCode: lastCode,
            request: nil,
            traceparent: nil
        )
    }

    private func log(_ lines: Lines) -> FindingLog {
        FindingLog(log: Log(level: .info, format: .text) { lines.add($0) })
    }

    @Test("an answer that is not believed is a finding, be it to an opening or to a look-up", arguments: unbelieved)
    func notBelieved(code: String) {
        let answer = Self.answer(.unknown, code)
        #expect(AnswerFinding(answer, to: AccountGuardsTests.job(1)) == .unbelieved)
        #expect(AnswerFinding(answer, to: lookUp(after: "timeout")) == .unbelieved)
        #expect(AnswerFinding(Self.answer(.refused(.verify), code), to: AccountGuardsTests.job(1)) == nil)
    }

    @Test("a session is untold by the first look-up that finds it, not by each", arguments: SessionSight.allSights)
    func untold(sight: SessionSight) {
        let answer = Self.answer(.found(sight), AnswerCode.found)
        for code in [nil, "timeout", "worker_lost", "not_found", AnswerCode.notUnique] {
            #expect(AnswerFinding(answer, to: lookUp(after: code)) == .untold(sight))
        }
        for code in [AnswerCode.found, AnswerCode.foundUnclear] {
            #expect(AnswerFinding(answer, to: lookUp(after: code)) == nil)
        }
    }

    @Test("any other answer is none")
    func others() {
        let others: [CallOutcome] = [
            .refused(.declined), .refused(.configFault), .notSent, .unknown, .notFound, .lookUpRefused,
        ]
        for outcome in others {
            #expect(AnswerFinding(Self.answer(outcome, "c"), to: lookUp(after: nil)) == nil)
        }
    }

    @Test("an answer that is not believed is an error with its account, order and code", arguments: unbelieved)
    func alarm(code: String) {
        let lines = Lines()
        log(lines).tell(.unbelieved, of: AccountGuardsTests.job(7), code: code)
        #expect(lines.all.count == 1)
        let line = lines.all.first ?? ""
        #expect(line.contains(" error ") && line.contains(" account=main order=o-7 code=\(code) count=1 reason="))
    }

    @Test("many of them are one line an account and code")
    func quietly() {
        let lines = Lines()
        let log = log(lines)
        for number in 1...1_000 {
            let account = number % 2 == 0 ? "main" : "other"
            log.tell(.unbelieved, of: AccountGuardsTests.job(Int64(number), account: account), code: AnswerCode.echo)
        }
        log.tell(.unbelieved, of: AccountGuardsTests.job(1), code: AnswerCode.url)
        #expect(lines.all.count == 3)
    }

    @Test("who alters one answer in five is heard of, and the sessions that were lost by it are counted")
    func altered() async throws {
        let calls = Mutex(0)
        let bench = WorkerBench { call in
            if call.kind == .lookUp { return Self.answer(.found(.open), AnswerCode.found) }
            let count = calls.withLock { calls in
                calls += 1
                return calls
            }
            return count % 5 == 0 ? Self.answer(.unknown, AnswerCode.badSignature) : WorkerBench.opened(call)
        }
        bench.deliver((0..<20).map { "o-\($0)" })
        try await bench.eventually("all are opened") {
            bench.store.advance(by: .milliseconds(10))
            return bench.store.rows.count == 20 && bench.store.rows.allSatisfy { $0.state == .opened }
        }
        #expect(bench.logged("is not believed") == 1)
        let found = bench.cashier.calls.count { $0.kind == .lookUp }
        #expect(found >= 4)
        #expect(bench.activity.untold == found)
        #expect(bench.logged("a session that nobody was told of") == found)
        try await bench.stop()
    }
}

extension SessionSight {
    fileprivate static let allSights: [SessionSight] = [.open, .used, .over]
}
