import SessionCore
import Terminal
import Testing

@testable import usher

@Suite("Moments in words")
struct MomentsTests {
    private static let now = Timestamp(rfc3339: "2026-11-21T12:00:00Z") ?? Timestamp(seconds: 0)

    @Test(
        "The day is left out on the same day, and the distance tells the direction",
        arguments: [
            (Duration.seconds(12), "12:00:12Z (in 12s)"),
            (.seconds(-65), "11:58:55Z (1m 5s ago)"),
            (.seconds(86_400 + 3_600), "2026-11-22 13:00:00Z (in 1d 1h)"),
            (.zero, "12:00:00Z (0ms ago)"),
        ]
    )
    func distance(span: Duration, text: String) {
        #expect(Self.now.advanced(by: span).timeAndDistance(from: Self.now) == text)
    }

    @Test(
        "Spans are read with one unit and nothing else",
        arguments: [
            ("10m", Duration.seconds(600)), ("0s", .zero), ("250ms", .milliseconds(250)), ("7d", .seconds(604_800)),
            ("", nil), ("m", nil), ("10", nil), ("1.5h", nil), ("-5s", nil), ("5 s", nil), ("1234567s", nil),
            ("5w", nil),
        ] as [(String, Duration?)]
    )
    func spans(text: String, span: Duration?) {
        #expect(Duration(span: text) == span)
    }

    @Test("A moment is a span before now, or RFC 3339")
    func momentOption() throws {
        #expect(try parse(["--since", "10m"]).moment("since", now: Self.now) == Self.now.advanced(by: .seconds(-600)))
        #expect(try parse(["--since", "2026-11-21T12:00:00Z"]).moment("since", now: Self.now) == Self.now)
        #expect(try parse([]).moment("since", now: Self.now) == nil)
        let wrong = try parse(["--since", "yesterday"])
        #expect(throws: UsageError.self) { try wrong.moment("since", now: Self.now) }
    }

    private func parse(_ arguments: [String]) throws -> Invocation {
        try Typed.invocation(["list"] + arguments)
    }
}

/// Command lines as typed.
enum Typed {
    static func invocation(_ arguments: [String]) throws -> Invocation {
        guard case .run(let invocation) = CommandTree.root.start(arguments) else {
            throw UsageError(path: arguments, message: "was not understood")
        }
        return invocation
    }
}

@Suite("Words for a shell")
struct ShellWordTests {
    @Test(
        "are quoted where a shell would read them otherwise",
        arguments: [
            ("plain-1.0_/:,=@+%", "plain-1.0_/:,=@+%"), ("", "''"), ("a b", "'a b'"), ("$(x)", "'$(x)'"),
            ("it's", #"'it'\''s'"#), ("ä", "'ä'"),
        ]
    )
    func quoted(text: String, word: String) {
        #expect(ShellWord.quoted(text) == word)
    }
}
