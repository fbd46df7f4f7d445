import SessionCore

/// A result as one line. Pure.
///
/// The redirect URL logs a customer in, so it is hidden unless a person asked for it; so is what is personal.
enum ResultLine {
    static let hidden = "(hidden)"

    /// `2026-11-21 13:45:02Z  opened    order-1  generation 1, 1 attempt  link until …`
    static func text(_ result: SessionResult, now: Timestamp, reveals: Bool) -> String {
        var parts = [
            result.completedAt.dayAndTime,
            padded(result.outcome.rawValue, to: 9),
            "\(result.order.account)/\(result.order.orderID)",
            work(result),
        ]
        if let what = what(result, now: now) { parts.append(what) }
        if reveals, let url = result.session?.redirectURL {
            parts.append("SECRET, logs the customer in: \(url)")
        }
        return parts.joined(separator: "  ")
    }

    /// The value as it is published, with the URL, what is known of the customer and the CRM's own variables replaced:
    /// `customer_token` pays for its customer, and variables hold what the CRM likes.
    static func json(_ result: SessionResult, reveals: Bool) -> String {
        var shown = result
        if !reveals {
            shown.session = result.session?.hidden(behind: hidden)
            shown.variable1 = result.variable1.map { _ in hidden }
            shown.variable2 = result.variable2.map { _ in hidden }
            shown.variable3 = result.variable3.map { _ in hidden }
        }
        return String(decoding: ResultCodec.encode(shown), as: UTF8.self)
    }

    private static func work(_ result: SessionResult) -> String {
        // Answers to a record belong to no generation.
        guard result.generation > 0 else { return "answer to a record" }
        return "generation \(result.generation), \(result.attempts) attempt\(result.attempts == 1 ? "" : "s")"
    }

    private static func what(_ result: SessionResult, now: Timestamp) -> String? {
        if let error = result.error {
            let unnamed = error.fields.filter { !error.message.contains($0) }
            let fields = unnamed.isEmpty ? "" : " (\(unnamed.joined(separator: ", ")))"
            return "\(error.code): \(error.message)\(fields)"
        }
        return result.expiresAt.map { expiry in
            expiry > now
                ? "link until \(expiry.time(on: now)), for another \(now.duration(to: expiry).inWords)"
                : "link expired \(expiry.time(on: now))"
        }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }
}
