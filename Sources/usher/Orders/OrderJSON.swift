import PostgresStore
import SessionCore

/// Orders as JSON, for programs. Pure.
enum OrderJSON {
    /// All that is known of an order.
    static func write(_ order: OrderDetail, to writer: inout JSONWriter) {
        write(order.summary, to: &writer)
        writer.member("state_text", OrderWords.state(order))
        writer.member("look_ups", order.lookUps)
        writer.member("not_after", order.notAfter)
        writer.member("last_send", order.lastSend)
        writer.member("expires_at", order.expiresAt)
        write(order.source, to: &writer)
        writer.member("duplicates", order.duplicates)
        writer.member("conflicts", order.conflicts)
        writer.member("has_body", order.hasBody)
        writer.member("next") { writer in write(order.next, order, to: &writer) }
        writer.member("attempts_made", array: order.attempts) { writer, attempt in write(attempt, to: &writer) }
        writer.member("results", array: order.results) { writer, result in
            writer.member("result_id", result.resultID.text)
            writer.member("generation", Int(result.generation))
            writer.member("outcome", result.outcome.rawValue)
            writer.member("created_at", result.createdAt)
            writer.member("is_published", !result.isPending)
            writer.member("is_wiped", result.isWiped)
        }
        writer.member("now", order.now)
    }

    static func write(_ summary: OrderSummary, to writer: inout JSONWriter) {
        writer.member("account", summary.order.account)
        writer.member("order_id", summary.order.orderID)
        writer.member("generation", Int(summary.generation))
        writer.member("state", summary.state.name)
        writer.member("lane", summary.lane.name)
        writer.member("campaign", summary.campaign)
        writer.member("attempts", summary.attempts)
        writer.member("due_at", summary.dueAt)
        writer.member("accepted_at", summary.acceptedAt)
        writer.member("finished_at", summary.finishedAt)
        writer.member("last_code", summary.lastCode)
        writer.member("last_message", summary.lastMessage)
    }

    static func write(_ entry: QuarantineEntry, to writer: inout JSONWriter) {
        write(entry.record, to: &writer)
        writer.member("received_at", entry.receivedAt)
        writer.member("reason", entry.reason)
        writer.member("field", entry.field)
        writer.member("detail", entry.detail)
        writer.member("account", entry.account)
        writer.member("order_id", entry.orderID)
        writer.member("has_raw", entry.hasRaw)
    }

    private static func write(_ record: RecordPosition, to writer: inout JSONWriter) {
        writer.member("record") { writer in
            writer.member("topic", record.topic)
            writer.member("partition", Int(record.partition))
            writer.member("offset", record.offset)
        }
    }

    private static func write(_ attempt: AttemptDetail, to writer: inout JSONWriter) {
        writer.member("generation", Int(attempt.generation))
        writer.member("number", attempt.number)
        writer.member("kind", attempt.record.kind)
        writer.member("outcome", attempt.record.outcome)
        writer.member("code", attempt.record.code)
        writer.member("http_status", attempt.record.httpStatus.map { Int64($0) })
        writer.member("message", attempt.record.message)
        writer.member("elapsed_ms", attempt.record.elapsed.wholeMilliseconds)
        writer.member("sent_at", attempt.sentAt)
        writer.member("ended_at", attempt.endedAt)
        writer.member("worker", attempt.worker)
    }

    private static func write(_ next: NextStep, _ order: OrderDetail, to writer: inout JSONWriter) {
        switch next {
        case .nothing: writer.member("step", "nothing")
        case .leased(let worker, let until):
            writer.member("step", "leased")
            writer.member("worker", worker)
            writer.member("at", until)
        case .due(let at):
            writer.member("step", "due")
            writer.member("at", at)
        case .gated(let until, let reason):
            writer.member("step", "account_closed")
            writer.member("at", until)
            writer.member("reason", reason)
        case .operatorDecides: writer.member("step", "operator_decides")
        }
        writer.member("text", OrderWords.next(order))
    }
}
