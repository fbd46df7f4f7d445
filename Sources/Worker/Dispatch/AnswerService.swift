import BlockingThreads
import SessionCore

/// Decides what answered calls mean, and makes the calls that waited for them.
struct AnswerService<Provider: Cashier>: Sendable {
    let cashier: Provider
    let dispatcher: Dispatcher<Provider>
    let guards: AccountGuards
    let slots: CallSlots
    let causes: Mailbox<DispatchCause>
    let decided: DecidedJobs
    let clock: WorkerClock
    let changes: ChangeLog

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
                let reading = Self.reading(call)
                let isAboutTime = call.answer.isRefusedTimestamp
                let step = isAboutTime ? guards.timestampRefused(call, reading) : nil
                let (job, sign) = dispatcher.decide(call, clock: step, now: now)
                jobs.append(job)
                ended.append(
                    .init(
                        job: call.job,
                        sign: sign,
                        reading: isAboutTime ? nil : reading,
                        refusesLookUp: Self.refusesLookUp(call)
                    )
                )
            }
            let turn = guards.ended(ended, at: uptime, now: now)
            for trial in turn.wellTrials {
                guard let index = jobs.firstIndex(where: { $0.job.lease == trial }) else { continue }
                jobs[index].endsHold = true
            }
            for lease in turn.unheld {
                guard let index = jobs.firstIndex(where: { $0.job.lease == lease }) else { continue }
                jobs[index].hold = ended[index].sign.delay
                jobs[index].delay = nil
            }
            for lease in turn.refusedAlone {
                guard let index = jobs.firstIndex(where: { $0.job.lease == lease }) else { continue }
                jobs[index].verdict = dispatcher.refusedAlone(answered[index], now: now)
            }
            let ofAgents = answered.count { $0.job.lane == .interactive }
            slots.answered(answered.count, ofAgents: ofAgents, at: uptime)
            dispatcher.carryOn(turn, after: jobs, at: uptime)
            causes.send(.slotsFreed)
            changes.tell(turn.changes, at: uptime)
        }
    }

    /// Unix seconds that a clock may show: up to the year 9999. An answer can hold any number.
    private static var timesOfClocks: ClosedRange<Int64> { 0...253_402_300_799 }

    private static func reading(_ call: AnsweredCall) -> AccountClock.Reading? {
        guard let seconds = call.answer.providerSeconds, Self.timesOfClocks.contains(seconds) else { return nil }
        return .init(seconds: seconds, sent: call.startedAt, elapsed: call.answer.elapsed)
    }

    private static func refusesLookUp(_ call: AnsweredCall) -> Bool? {
        guard call.job.purpose == .lookUp else { return nil }
        switch call.answer.outcome {
        case .lookUpRefused: return true
        case .found, .notFound: return false
        case .opened, .refused, .notSent, .unknown: return nil
        }
    }
}
