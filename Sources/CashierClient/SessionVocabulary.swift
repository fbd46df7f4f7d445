import SessionCore

/// The words that look-ups use (API 1.3, objects/session and processing/transaction_flow), and what they say about
/// whether a new session may be opened. A word that is not listed counts as a session in use: the cautious reading.
enum SessionVocabulary {
    static let sessions: [String: SessionSight] = [
        "open": .open,
        "created": .open,
        "action required": .used,
        "action_required": .used,
        "successful": .used,
        "failed": .over,
        "expired": .over,
    ]

    /// A transaction that did not and will not move money; any other may have.
    static let endedTransactions: Set<String> = ["rejected", "cancelled", "canceled", "error", "duplicated"]

    /// `isKnown` is false when a word was not understood.
    static func sight(session: String, transaction: String?) -> (sight: SessionSight, isKnown: Bool) {
        guard let sight = sessions[lowercased(session)] else { return (.used, false) }
        guard let transaction, !endedTransactions.contains(lowercased(transaction)) else { return (sight, true) }
        return (.used, true)
    }

    private static func lowercased(_ word: String) -> String {
        String(decoding: word.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
