import Logs
import Synchronization
import Testing

/// Keeps the lines of a log.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func log(level: LogLevel = .debug, format: LogFormat) -> Log {
        Log(level: level, format: format) { line in self.lines.withLock { $0.append(line) } }
    }

    var all: [String] {
        lines.withLock { $0 }
    }
}

@Suite("Log")
struct LogTests {
    @Test("JSON: one object a line, values escaped, numbers as numbers")
    func json() {
        let lines = Lines()
        lines.log(format: .json).warning("odd \"thing\"", [.order: "a\nb\u{1B}[31m", .attempts: 3])
        let line = lines.all.joined()
        #expect(line.hasPrefix("{\"time\":\"20"))
        #expect(
            line.hasSuffix(
                "\"level\":\"warning\",\"message\":\"odd \\\"thing\\\"\",\"order\":\"a\\nb\\u001b[31m\",\"attempts\":3}\n"
            )
        )
    }

    @Test("text: a value cannot begin a line of its own or pass for another field")
    func text() {
        let lines = Lines()
        lines.log(format: .text).info("opened", [.order: "a\n2026-01-01 error forged", .code: "x=y", .topic: "jobs"])
        #expect(lines.all.count == 1)
        #expect(lines.all[0].split(separator: "\n").count == 1)
        #expect(
            lines.all[0].hasSuffix("opened order=\"a\\n2026-01-01 error forged\" code=\"x=y\" topic=jobs\n")
        )
    }

    @Test(
        "text and JSON: what a terminal might act on is escaped, whatever else the value holds",
        arguments: [
            ("\u{1B}", "001b"), ("\u{7F}", "007f"), ("\u{80}", "0080"), ("\u{85}", "0085"), ("\u{9B}", "009b"),
            ("\u{9F}", "009f"), ("\u{200E}", "200e"), ("\u{200F}", "200f"), ("\u{2028}", "2028"),
            ("\u{2029}", "2029"), ("\u{202A}", "202a"), ("\u{202E}", "202e"), ("\u{2066}", "2066"),
            ("\u{2069}", "2069"),
        ]
    )
    func terminal(mark: String, digits: String) {
        let lines = Lines()
        lines.log(format: .text).info("opened", [.order: .text("a\(mark)b")])
        lines.log(format: .json).info("opened", [.order: .text("a\(mark)b")])
        #expect(lines.all.count == 2)
        #expect(lines.all[0].hasSuffix("opened order=\"a\\u\(digits)b\"\n"))
        #expect(lines.all[1].hasSuffix("\"order\":\"a\\u\(digits)b\"}\n"))
    }

    @Test("text: letters beyond ASCII stay as they are")
    func letters() {
        let lines = Lines()
        lines.log(format: .text).info("opened", [.campaign: "Zürich–Ελλάδα", .topic: "\u{A0}x"])
        #expect(lines.all.joined().hasSuffix("opened campaign=Zürich–Ελλάδα topic=\u{A0}x\n"))
    }

    @Test("below its level it keeps quiet; the context is on every line")
    func levels() {
        let lines = Lines()
        var log = lines.log(level: .notice, format: .text)
        log.context = [(.worker, "w1")]
        log.info("quiet")
        log.notice("loud")
        #expect(lines.all.count == 1)
        #expect(lines.all[0].contains("loud worker=w1"))
    }
}
