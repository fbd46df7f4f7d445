/// A login that a server refused, as libpq's text of a connection that was not made tells it. Pure.
///
/// libpq has no result of such a failure, and so no code: there is the text alone, with a line or more for each address
/// that was tried. A server's answer in it is `SEVERITY:  MESSAGE`, and `SEVERITY:  CODE: MESSAGE` for who asked for
/// `PQERRORS_VERBOSE` before, with the words in the server's language (pqBuildErrorMessage3 in libpq's fe-protocol3.c).
struct LoginRefusal: Equatable {
    let sqlState: String
    /// The server's primary message.
    let message: String

    /// Between a server's severity and what follows. Nothing that libpq says of its own has two spaces there.
    private static let mark = ":  "

    /// Whether a server answered at all.
    static func isAnswered(_ text: String) -> Bool {
        text.firstRange(of: mark) != nil
    }

    /// nil unless the last answer with a code refuses the user, the password or the database: no waiting mends that.
    init?(verbose text: String) {
        let answers = text.split(separator: "\n").compactMap { Self.answer(in: $0) }
        guard let answer = answers.last, Self.isRefusal(answer.sqlState) else { return nil }
        (sqlState, message) = answer
    }

    /// 28: the user or the password; 3D000: there is no such database; 42501: it is closed to the user.
    private static func isRefusal(_ sqlState: String) -> Bool {
        sqlState.hasPrefix("28") || sqlState == "3D000" || sqlState == "42501"
    }

    private static func answer(in line: Substring) -> (sqlState: String, message: String)? {
        guard let found = line.firstRange(of: mark) else { return nil }
        let rest = line[found.upperBound...]
        let code = rest.prefix { $0.isASCII && ($0.isNumber || $0.isUppercase) }
        guard code.count == 5, rest[code.endIndex...].hasPrefix(": ") else { return nil }
        return (String(code), String(rest[code.endIndex...].dropFirst(2)))
    }
}
