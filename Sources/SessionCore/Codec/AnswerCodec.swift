/// Writes the answers to records that start nothing: results with generation 0, and a `result_id` of their own that
/// comes from the record's position and the outcome, so that an answer written again is the same answer.
package struct AnswerCodec: CollisionAnswers {
    private let identity: ResultIdentity

    package init(identity: ResultIdentity) {
        self.identity = identity
    }

    /// The record names a stored order with other content.
    package func conflict(_ collision: Collision) -> EncodedResult {
        let fields = collision.storedBody.map { JobCodec.differingFields($0, collision.body) } ?? []
        let difference =
            if !fields.isEmpty {
                "differs in: \(fields.joined(separator: ", "))"
            } else if collision.storedBody == nil {
                "differs, and the first content is no longer stored, so that the fields cannot be named"
            } else {
                "differs, in fields that cannot be named"
            }
        let message =
            "order_id was used before for other content, which \(difference). The first job stands"
            + " (generation \(collision.generation), \(collision.state.name)); use a new order_id for new content."
        return answer(
            to: collision,
            .conflict,
            ResultError(code: "conflict", errorClass: "conflict", message: message, fields: fields)
        )
    }

    /// The record repeats a stored order whose result was wiped.
    package func duplicateOfWiped(_ collision: Collision) -> EncodedResult {
        let first = identity.result(of: collision.order, generation: collision.generation)
        let message =
            "This job was taken before and ended as \(collision.state.name) in generation \(collision.generation)."
            + " Its result, \(first.text), was published then and is no longer stored."
        return answer(
            to: collision,
            .duplicate,
            ResultError(code: "already_ended", errorClass: "duplicate", message: message)
        )
    }

    /// The answer to a refused record; nil if its order could not be read.
    package func rejected(_ refusal: JobRefusal, record: RecordPosition, now: Timestamp) -> EncodedResult? {
        guard let order = refusal.order else { return nil }
        var result = result(of: order, .rejected, record: record, now: now)
        result.error = ResultError(
            code: refusal.reason.rawValue,
            errorClass: "rejected",
            message: refusal.detail,
            fields: refusal.field.map { [$0] } ?? []
        )
        return ResultCodec.record(result)
    }

    private func answer(to collision: Collision, _ outcome: ResultOutcome, _ error: ResultError) -> EncodedResult {
        var result = result(of: collision.order, outcome, record: collision.record, now: collision.now)
        result.error = error
        // The producer's own tags, so that it can tell which of its records this answers.
        if let job = try? JobCodec.decodeCanonical(collision.body) {
            result.campaign = job.campaign
            result.variable1 = job.request.variable1
            result.variable2 = job.request.variable2
            result.variable3 = job.request.variable3
        }
        return ResultCodec.record(result)
    }

    private func result(
        of order: Order,
        _ outcome: ResultOutcome,
        record: RecordPosition,
        now: Timestamp
    ) -> SessionResult {
        SessionResult(
            resultID: identity.answer(outcome, to: record),
            order: order,
            generation: 0,
            outcome: outcome,
            attempts: 0,
            completedAt: now
        )
    }
}
