package import SessionCore

/// Turns decisions into rows and result bytes. Pure.
package struct SettlementWriter: Sendable {
    private let identity: ResultIdentity

    package init(identity: ResultIdentity) {
        self.identity = identity
    }

    /// The row that a decided job becomes. When it was decided is in the result; running the same settlement again must
    /// use the same value, so it is taken once.
    func settlement(of decided: DecidedJob) -> Settlement {
        let job = decided.job
        let step: SettledStep =
            switch decided.verdict {
            case .release(let pause): .release(after: pause)
            case .retry(let pause): .retry(after: pause)
            case .verify(let pause): .verify(after: pause)
            case .park: .park
            case .opened(let session, let expiresAt):
                .finish(
                    .opened,
                    result: opened(job, session, expiresAt, decided.decidedAt),
                    expiresAt: expiresAt
                )
            case .ended(let state, let error):
                .finish(state, result: ended(job, state, error, decided.decidedAt), expiresAt: nil)
            }
        return Settlement(lease: job.lease, step: step, attempt: decided.attempt, traceparent: job.traceparent)
    }

    /// What becomes of a job that waited for an operator.
    ///
    /// - Parameter now: the database's time.
    package func settlement(of job: ClaimedJob, as decision: OperatorDecision, now: Timestamp) -> Settlement {
        settlement(of: DecidedJob(job: job, verdict: decision.verdict, decidedAt: now))
    }

    private func opened(
        _ job: ClaimedJob,
        _ session: OpenedSession,
        _ expiresAt: Timestamp,
        _ completedAt: Timestamp
    ) -> EncodedResult {
        var result = blank(job, .opened, completedAt)
        result.session = session
        result.openedAt = session.answeredAt
        result.expiresAt = expiresAt
        return ResultCodec.record(result)
    }

    private func ended(
        _ job: ClaimedJob,
        _ state: JobState,
        _ error: ResultError,
        _ completedAt: Timestamp
    ) -> EncodedResult {
        guard state.isTerminal, let outcome = ResultOutcome(rawValue: state.name) else {
            preconditionFailure("\(state.name) is no end of a job")
        }
        var result = blank(job, outcome, completedAt)
        result.error = error
        return ResultCodec.record(result)
    }

    private func blank(_ job: ClaimedJob, _ outcome: ResultOutcome, _ completedAt: Timestamp) -> SessionResult {
        var result = SessionResult(
            resultID: identity.result(of: job.order, generation: job.generation),
            order: job.order,
            generation: job.generation,
            outcome: outcome,
            attempts: job.attempts,
            completedAt: completedAt
        )
        result.campaign = job.campaign
        result.variable1 = job.request?.text(.variable1)
        result.variable2 = job.request?.text(.variable2)
        result.variable3 = job.request?.text(.variable3)
        return result
    }
}
