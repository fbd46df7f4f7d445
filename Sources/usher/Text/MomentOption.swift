import SessionCore
import Terminal

extension Invocation {
    /// An option that names a moment, as `10m` (that long before `now`) or in RFC 3339; nil when it was left out.
    /// Throws `UsageError`.
    func moment(_ name: String, now: Timestamp) throws(UsageError) -> Timestamp? {
        guard let text = value(name) else { return nil }
        if let span = Duration(span: text) { return now.advanced(by: .zero - span) }
        guard let moment = Timestamp(rfc3339: text) else {
            let message = "--\(name) must be a span such as 10m, 2h or 7d, or a moment such as 2026-11-21T09:00:00Z"
            throw UsageError(path: path, message: message)
        }
        return moment
    }

    /// An option that is a span, as `10m`; a minus sign before it turns it round. nil when it was left out and has no
    /// fallback. Throws `UsageError`.
    func span(_ name: String, mayBeNegative: Bool = false) throws(UsageError) -> Duration? {
        guard let text = value(name) else { return nil }
        let isNegative = mayBeNegative && text.hasPrefix("-")
        guard let span = Duration(span: String(text.dropFirst(isNegative ? 1 : 0))) else {
            throw UsageError(path: path, message: "--\(name) must be a span such as 200ms, 5s or 15m")
        }
        return isNegative ? .zero - span : span
    }

    /// The words of an option, separated by commas, each read by `read`; nil when it was left out.
    /// Throws `UsageError` that names the words there are.
    func words<Word>(
        _ name: String,
        of known: [String],
        _ read: (String) -> Word?
    ) throws(UsageError) -> [Word]? {
        guard let text = value(name) else { return nil }
        var words: [Word] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let word = read(String(part)) else {
                let list = known.joined(separator: ", ")
                throw UsageError(path: path, message: "--\(name) must be one or more of \(list), separated by commas")
            }
            words.append(word)
        }
        return words
    }
}
