import SessionCore
import Terminal
import Testing

@testable import PostgresStore
@testable import usher

@Suite struct QuarantineShowTests {
    private func invocation(_ words: [String]) throws -> Invocation {
        guard case .run(let invocation) = CommandTree.root.start(["quarantine", "show"] + words) else {
            throw UsageError(path: [], message: "not understood")
        }
        return invocation
    }

    private func report(_ value: [UInt8]?, bytes: Int? = 5, isWiped: Bool = false) -> QuarantinedRecordReport {
        var entry = SampleOrder.refused(41)
        entry.rawSHA256 = [0xAB, 0x01]
        entry.hasRaw = bytes != nil
        let now = SampleOrder.now.advanced(by: .seconds(90))
        let detail = QuarantineDetail(entry: entry, rawBytes: bytes, isWiped: isWiped, now: now)
        return QuarantinedRecordReport(detail: detail, value: value)
    }

    @Test func argumentsNameARecord() throws {
        let record = try QuarantineShowVerb.record(invocation(["jobs", "3", "41"]))
        #expect(record == RecordPosition(topic: "jobs", partition: 3, offset: 41))
    }

    @Test(arguments: [
        (["jobs", "three", "41"], "PARTITION"), (["jobs", "2147483648", "1"], "PARTITION"),
        (["jobs", "3", "end"], "OFFSET"),
    ])
    func aWrongNumberIsNamed(_ words: [String], _ name: String) throws {
        do {
            _ = try QuarantineShowVerb.record(invocation(words))
            Issue.record("understood: \(words)")
        } catch let error as UsageError {
            #expect(error.message.hasPrefix("\(name) must be a whole number"), "\(error.message)")
            #expect(error.path == ["quarantine", "show"])
        }
    }

    @Test func withoutAValueItIsToldWhatIsStored() {
        let lines = report(nil).lines(isTerminal: true)
        #expect(
            lines == [
                "jobs[2]@41: refused, amount", "",
                "  received     12:00:00Z (1m 30s ago)",
                "  field        amount",
                "  what to do   amount: write a whole number",
                "  account      main",
                "  order        order-17",
                "  value        5 bytes, sealed; --reveal --reason 'why' shows it",
                "  sha-256      ab01",
            ]
        )
        let wiped = report(nil, bytes: nil, isWiped: true).lines(isTerminal: true)
        #expect(wiped.contains("  value        wiped: retention.quarantine is over"))
        #expect(report(nil, bytes: nil).lines(isTerminal: true).contains("  value        not kept"))
    }

    @Test func aValueIsShownAsItCameAndATerminalActsOnNothingOfIt() {
        let value = Array("a\u{1B}[31m\r\n\tü\u{200F}\u{202E}".utf8)
        let onTerminal = report(value).lines(isTerminal: true)
        #expect(onTerminal.suffix(3) == ["", "The value:", "a\\u{1b}[31m\\u{d}\n\tü\\u{200f}\\u{202e}"])
        let inPipe = report(value).lines(isTerminal: false)
        #expect(inPipe.last.map { Array($0.utf8) } == value)
        #expect(report(value).json.contains("\"bytes\":5,\"wiped\":false,\"value\":\"a\\u001b[31m\\r\\n\\tü"))
    }

    @Test func aValueThatIsNoTextIsShownInBase64() {
        let lines = report([0xFF, 0, 1, 2]).lines(isTerminal: true)
        #expect(lines.suffix(2) == ["The value, which is no UTF-8, in base64:", "/wABAg=="])
        #expect(report([0xFF, 0, 1, 2]).json.hasSuffix("\"value_base64\":\"/wABAg==\"}"))
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsThatOfRFC4648(text: String, encoded: String) {
        #expect(Base64.text(of: Array(text.utf8)) == encoded)
    }
}
