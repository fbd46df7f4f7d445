import BlockingThreads
import Logs
import SessionCore

/// Writes what became of calls, in batches that form while the last one commits, and hands results on.
struct SettlementService<Store: JobStore>: Sendable {
    let store: Store
    let settings: WorkerSettings
    let writer: SettlementWriter
    let guards: AccountGuards
    let slots: CallSlots
    let ended: Mailbox<EndedCall>
    let causes: Mailbox<DispatchCause>
    let patience: Patience
    let clock: WorkerClock
    let activity: Activity
    let log: Log
    let publish: @Sendable ([OutboxRecord]) -> Void

    /// The largest batch of one transaction.
    private let batchMax = 500

    /// Ends when the mailbox of ended calls is finished and empty.
    func run() async throws {
        while let gathered = await ended.takeAll() {
            for start in stride(from: 0, to: gathered.count, by: batchMax) {
                try await settle(gathered[start..<min(start + batchMax, gathered.count)])
            }
        }
    }

    private func settle(_ calls: ArraySlice<EndedCall>) async throws {
        var gates: [String: (pause: Duration, reason: String)] = [:]
        let settlements = calls.map { decide($0, &gates) }
        for (account, gate) in gates { try await close(account, gate.pause, gate.reason) }
        do {
            let report = try await patience.untilDone { try await store.settle(settlements) }
            publish(report.outbox)
            count(settlements, report)
        } catch StoreError.unavailable(let reason) {
            // Shutting down without a database. The leases run out and the outcomes are looked up.
            log.error("outcomes not stored: no database", [.count: .init(calls.count), .reason: .text(reason)])
        }
        slots.giveBack(calls.count)
        activity.update { $0.inFlight = slots.held }
        causes.send(.slotsFreed)
    }

    private func decide(
        _ call: EndedCall,
        _ gates: inout [String: (pause: Duration, reason: String)]
    ) -> Settlement {
        let now = clock.databaseNow
        switch call.how {
        case .released(let pause):
            return writer.settlement(call.job, .release(after: pause), attempt: nil, completedAt: now)
        case .expired:
            let verdict = expiry(of: call.job)
            tell(call.job, verdict, nil)
            return writer.settlement(call.job, verdict, attempt: nil, completedAt: now)
        case .answered(let answer):
            return decide(call.job, answer, now, &gates)
        }
    }

    private func decide(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        _ now: Timestamp,
        _ gates: inout [String: (pause: Duration, reason: String)]
    ) -> Settlement {
        guard let account = settings.accounts[job.order.account] else {
            preconditionFailure("a job of the unknown account \(job.order.account) was claimed")
        }
        var random = SystemRandomNumberGenerator()
        let decision = account.outcomes.decide(job, answer: answer, now: now, using: &random)
        if answer.code != "look_up_off", answer.code != "shutdown" { ended(job, decision) }
        if let gate = decision.gate { gates[job.order.account] = (gate, "\(answer.code) \(answer.message)") }
        tell(job, decision.verdict, answer)
        let record = AttemptRecord(
            kind: job.purpose == .lookUp ? "look_up" : "open",
            outcome: decision.attemptOutcome,
            code: answer.code,
            httpStatus: answer.httpStatus,
            message: answer.message.isEmpty ? nil : answer.message,
            elapsed: answer.elapsed
        )
        return writer.settlement(job, decision.verdict, attempt: record, completedAt: now)
    }

    private func expiry(of job: ClaimedJob) -> Verdict {
        guard let account = settings.accounts[job.order.account] else {
            preconditionFailure("a job of the unknown account \(job.order.account) was claimed")
        }
        return account.outcomes.expire(job)
    }

    private func ended(_ job: ClaimedJob, _ decision: Decision) {
        guard
            let state = guards.callEnded(job, isFailure: decision.isFailure, at: clock.uptime)
        else { return }
        let account = LogValue(job.order.account)
        switch state {
        case .closed: log.notice("breaker closed: the provider answers again", [.account: account])
        case .open(let until):
            let wait = (until - clock.uptime).wholeMilliseconds
            log.warning(
                "breaker open: no jobs are claimed until the provider answers a trial call",
                [.account: account, .delayMs: .init(wait)]
            )
        case .probing: break
        }
    }

    private func close(_ account: String, _ pause: Duration, _ reason: String) async throws {
        log.warning(
            "account waits",
            [.account: .text(account), .delayMs: .init(pause.wholeMilliseconds), .reason: .text(reason)]
        )
        do {
            try await patience.untilDone { try await store.closeGate(account: account, for: pause, reason: reason) }
        } catch StoreError.unavailable {
            // Shutting down without a database; the next worker meets the same answer and closes the gate then.
            return
        }
    }
}
