import SessionCore

/// What an answer shows that an operator is to hear of, whatever becomes of its job. Pure.
enum AnswerFinding: Equatable, Sendable {
    /// It is not believed: its signature, echo, timestamp or link is wrong. Who alters answers on their way does this.
    case unbelieved
    /// A look-up found a session that nobody was told of: its link was lost with the reply. Told once an attempt, or
    /// once more where a look-up in between had no answer.
    case untold(SessionSight)

    /// nil for nearly every answer.
    init?(_ answer: CashierAnswer, to job: ClaimedJob) {
        switch answer.outcome {
        case .unknown where AnswerCode.isUnverified(answer.code): self = .unbelieved
        case .found(let sight) where !AnswerCode.isFound(job.lastCode): self = .untold(sight)
        case .opened, .refused, .notSent, .unknown, .found, .notFound, .lookUpRefused: return nil
        }
    }
}
