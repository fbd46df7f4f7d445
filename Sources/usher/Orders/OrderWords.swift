import PostgresStore
import SessionCore
import Terminal

/// Stored words as a person reads them.
enum OrderWords {
    static func state(_ order: OrderSummary) -> String {
        switch order.state {
        case .ready: order.attempts == 0 ? "waiting to be sent" : "waiting to be sent again"
        case .sending: "being sent"
        case .verify: "sent, outcome unknown: \(order.dueAt == nil ? "an operator decides" : "being looked up")"
        case .opened: "the session was opened"
        case .declined: "the Cashier refused it for good"
        case .failed: "given up without a session"
        case .expired: "not_after passed before it was sent"
        case .cancelled: "cancelled before it was sent"
        }
    }

    static func kind(_ record: AttemptRecord) -> String {
        record.kind == "look_up" ? "look-up" : "attempt"
    }

    /// A word that this version does not know is shown as it is stored.
    static func outcome(_ record: AttemptRecord) -> String {
        switch record.outcome {
        case "opened": "opened"
        case "declined": "refused for good"
        case "not_sent": "not sent"
        case "config_fault": "the account's settings were refused"
        case "retry": "refused for now"
        case "unknown": "no answer that tells"
        case "found_open": "a session is open"
        case "found_used": "the session was used"
        case "found_over": "the session is over"
        case "not_found": "no such order there"
        case "look_up_refused": "look-up refused"
        case "look_up_failed": "look-up failed"
        case let other: other
        }
    }

    static func delivery(_ result: StoredResult) -> String {
        result.isPending ? "waiting to be published" : "published"
    }

    static func value(_ result: StoredResult) -> String {
        result.isWiped ? "wiped" : "kept"
    }

    /// `topic[partition]@offset`.
    static func source(_ record: RecordPosition) -> String {
        "\(record.topic.isEmpty ? "?" : record.topic)[\(record.partition)]@\(record.offset)"
    }

    /// `12 orders wait for an operator`.
    static func parked(_ count: Int, isCut: Bool) -> String {
        let orders = count == 1 ? "1 order waits" : "\(grouped(count))\(isCut ? " or more" : "") orders wait"
        return "\(orders) for an operator"
    }

    /// What to type where orders of an account wait for an operator.
    static func howToDecide(account: String) -> String {
        "`usher list --parked --account \(ShellWord.quoted(account))` finds them, `usher decide` ends each"
    }

    /// `1 record`, `12,000 records`.
    static func counted(_ count: Int, _ noun: String) -> String {
        "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }
}
