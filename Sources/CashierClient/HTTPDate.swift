package import SessionCore

/// Dates of HTTP headers.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the form that RFC 9110 asks for, `Sun, 06 Nov 1994 08:49:37 GMT`; nil for the two obsolete ones.
    package static func parse(_ bytes: [UInt8]) -> Timestamp? {
        let words = bytes.split(separator: 0x20, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 6, words[0].utf8.count == 4, words[0].hasSuffix(","), words[5] == "GMT",
            let month = months.firstIndex(of: words[2])
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}

/// `Retry-After`, in seconds or as a date.
enum RetryAfter {
    static let longest: Duration = .seconds(3600)

    /// Between zero and one hour; nil when the header is absent or not understood.
    static func read(_ reply: HTTPReply, now: Timestamp) -> Duration? {
        guard let value = reply.header("Retry-After"), !value.isEmpty else { return nil }
        if value.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than an hour has are an hour, whatever they say.
            guard let seconds = Int64(String(decoding: value.prefix(18), as: UTF8.self)) else { return nil }
            return min(.seconds(seconds), longest)
        }
        guard let moment = HTTPDate.parse(value) else { return nil }
        let sent = reply.header("Date").flatMap(HTTPDate.parse) ?? now
        return min(max(sent.duration(to: moment), .zero), longest)
    }
}
