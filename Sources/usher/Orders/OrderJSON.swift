import PostgresStore
import SessionCore

// Orders as JSON, alike in `show` and `list`. Names stay: scripts read them.
extension JSONWriter {
    mutating func members(of order: OrderSummary) {
        member("account", order.order.account)
        member("order_id", order.order.orderID)
        member("generation", Int(order.generation))
        member("state", order.state.name)
        member("lane", order.lane.name)
        member("campaign", order.campaign)
        member("attempts", order.attempts)
        // An ended order is due for nothing.
        if !order.state.isTerminal { member("due_at", order.dueAt) }
        if order.isParked { member("parked", true) }
        member("accepted_at", order.acceptedAt)
        member("finished_at", order.finishedAt)
        member("last_code", order.lastCode)
        member("last_message", order.lastMessage)
    }

    mutating func members(of order: OrderDetail) {
        members(of: order.summary)
        member("look_ups", order.lookUps)
        member("not_after", order.notAfter)
        member("last_send", order.lastSend)
        member("expires_at", order.expiresAt)
        member("source") { $0.members(of: order.source) }
        member("duplicates", order.duplicates)
        member("conflicts", order.conflicts)
        member("has_body", order.hasBody)
        member("history", array: order.attempts) { writer, attempt in writer.members(of: attempt) }
        member("has_older_history", order.hasOlderAttempts)
        member("results", array: order.results) { writer, result in writer.members(of: result) }
        member("has_older_results", order.hasOlderResults)
        member("events", array: order.events) { writer, event in writer.members(of: event) }
        member("has_older_events", order.hasOlderEvents)
        next(of: order)
        member("now", order.now)
    }

    /// What happens to an order next, and whether somebody is there to do it.
    mutating func next(of order: OrderDetail) {
        member("next") { writer in
            writer.members(of: order.next)
            writer.member("text", Outlook(order).text)
            writer.member("has_worker", order.attendance == .served)
        }
    }

    mutating func members(of link: RevealedLinks.Link) {
        member("result_id", link.resultID.text)
        member("generation", Int(link.generation))
        switch link.standing {
        case .works(let url, let until):
            member("state", "works")
            member("redirect_url", url)
            member("expires_at", until)
        case .expired(let end):
            member("state", "expired")
            member("expires_at", end)
        case .wiped:
            member("state", "wiped")
        case .foreign:
            member("state", "foreign")
        }
    }

    mutating func members(of entry: QuarantineEntry) {
        member("source") { $0.members(of: entry.record) }
        member("received_at", entry.receivedAt)
        member("reason", entry.reason)
        member("field", entry.field)
        member("detail", entry.detail)
        member("account", entry.account)
        member("order_id", entry.orderID)
        member("has_raw", entry.hasRaw)
    }

    private mutating func members(of record: RecordPosition) {
        member("topic", record.topic)
        member("partition", Int(record.partition))
        member("offset", record.offset)
    }

    private mutating func members(of attempt: AttemptDetail) {
        member("kind", attempt.record.kind)
        member("number", attempt.number)
        member("generation", Int(attempt.generation))
        member("outcome", attempt.record.outcome)
        member("code", attempt.record.code)
        if let status = attempt.record.httpStatus { member("http_status", status) }
        member("message", attempt.record.message)
        member("elapsed_ms", attempt.record.elapsed.wholeMilliseconds)
        member("sent_at", attempt.sentAt)
        member("ended_at", attempt.endedAt)
        member("worker", attempt.worker)
    }

    private mutating func members(of result: StoredResult) {
        member("result_id", result.resultID.text)
        member("generation", Int(result.generation))
        member("outcome", result.outcome.rawValue)
        member("created_at", result.createdAt)
        member("published", !result.isPending)
        member("wiped", result.isWiped)
    }

    private mutating func members(of event: StoredEventDetail) {
        member("event_id", event.eventID.text)
        member("kind", event.kind.rawValue)
        member("generation", Int(event.generation))
        member("tid", event.tid)
        member("status", event.status)
        member("currency", event.currency)
        member("amount", event.amount)
        member("told_at", event.toldAt)
        member("received_at", event.receivedAt)
        member("published", !event.isPending)
    }

    private mutating func members(of next: NextStep) {
        switch next {
        case .nothing:
            member("step", "nothing")
        case .leased(let worker, let until):
            member("step", "leased")
            member("worker", worker)
            member("until", until)
        case .due(let at):
            member("step", "due")
            member("at", at)
        case .held(let until, let reason):
            member("step", "held")
            member("until", until)
            member("reason", reason)
        case .operatorDecides:
            member("step", "operator_decides")
        }
    }
}
