import BlockingThreads
import Logs
import SessionCore

/// Decides what answered calls mean, and makes the calls that waited for them.
struct AnswerService<Provider: Cashier>: Sendable {
    let cashier: Provider
    let dispatcher: Dispatcher<Provider>
    let guards: AccountGuards
    let slots: CallSlots
    let causes: Mailbox<DispatchCause>
    let decided: Mailbox<DecidedJob>
    let clock: WorkerClock
    let log: Log

    /// Ends when the client is closed and its last answer was taken.
    func run() async throws {
        while let answered = await cashier.answers() {
            let uptime = clock.uptime
            let now = clock.databaseNow
            var jobs: [DecidedJob] = []
            var ended: [AccountGuards.EndedCall] = []
            jobs.reserveCapacity(answered.count)
            ended.reserveCapacity(answered.count)
            for call in answered {
                let (job, isFailure) = dispatcher.decide(call.job, call.answer, now: now)
                jobs.append(job)
                ended.append(.init(job: call.job, isFailure: isFailure))
            }
            let (changes, next) = guards.ended(ended, at: uptime)
            slots.answered(answered.count, at: uptime)
            decided.send(contentsOf: jobs)
            dispatcher.make(next, at: uptime)
            causes.send(.slotsFreed)
            for change in changes { tell(change, uptime) }
        }
    }

    private func tell(_ change: AccountGuards.Change, _ uptime: Duration) {
        let account = LogValue(change.account)
        switch change.breaker {
        case .closed: log.notice("breaker closed: the provider answers again", [.account: account])
        case .open(let until):
            let wait = (until - uptime).wholeMilliseconds
            log.warning(
                "breaker open: no jobs are claimed until the provider answers a trial call",
                [.account: account, .delayMs: .init(wait)]
            )
        case .probing: break
        }
    }
}
