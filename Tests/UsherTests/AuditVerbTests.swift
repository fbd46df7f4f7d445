import SessionCore
import Terminal
import Testing

@testable import PostgresStore
@testable import usher

@Suite struct AuditVerbTests {
    private static let now = SampleOrder.now

    private func question(_ words: [String]) throws -> AuditQuestion {
        guard case .run(let invocation) = CommandTree.root.start(["audit"] + words) else {
            throw UsageError(path: [], message: "not understood")
        }
        return try AuditQuestion(invocation, now: Self.now)
    }

    private func line(_ number: Int64, _ change: (inout AuditLine) -> Void = { _ in }) -> AuditLine {
        var line = AuditLine(
            auditID: number,
            at: Self.now,
            actor: "ann@desk",
            action: "account hold",
            subject: "main",
            reason: "contract ended",
            before: nil,
            after: "held by an operator"
        )
        change(&line)
        return line
    }

    private func report(_ lines: [AuditLine], cursor: Int64? = nil) -> AuditReport {
        AuditReport(page: AuditPage(lines: lines, cursor: cursor))
    }

    @Test func optionsBecomeAFilter() throws {
        let all = try question([])
        #expect(all.filter == AuditFilter() && all.cursor == nil && all.limit == 100)
        let some = try question([
            "--since", "2h", "--action", "account hold", "--subject", "main", "--actor", "ann@desk", "--limit", "7",
            "--after", "12",
        ])
        var expected = AuditFilter()
        expected.since = Self.now.advanced(by: .seconds(-7_200))
        expected.action = "account hold"
        expected.subject = "main"
        expected.actor = "ann@desk"
        #expect(some.filter == expected && some.cursor == 12 && some.limit == 7)
    }

    @Test(arguments: [
        (["--since", "yesterday"], "--since must be a span"),
        (["--limit", "0"], "--limit must be a whole number from 1 to 10000"),
        (["--limit", "10001"], "--limit must be a whole number from 1 to 10000"),
        (["--after", "x"], "--after must be the cursor"),
        (["--after", "0"], "--after must be the cursor"),
        (["--all", "--limit", "7"], "--all prints all pages"),
    ])
    func aWrongOptionIsNamed(_ words: [String], _ start: String) throws {
        do {
            _ = try question(words)
            Issue.record("understood: \(words)")
        } catch let error as UsageError {
            #expect(error.message.hasPrefix(start), "\(error.message)")
            #expect(error.path == ["audit"])
        }
    }

    @Test func theNextPageIsOfTheSameLines() throws {
        #expect(try question([]).command(after: "12") == "usher audit --after 12")
        let words = [
            "-c", "my usher.yaml", "--since", "1h", "--actor", "ann@desk", "--action", "account hold", "--limit", "5",
            "--json",
        ]
        #expect(
            try question(words).command(after: "12")
                == "usher audit -c 'my usher.yaml' --action 'account hold' --actor ann@desk "
                + "--since 2026-11-21T11:00:00.000Z --limit 5 --json --after 12"
        )
        let whole = try question(["--all", "--json"])
        #expect(whole.isWhole && whole.limit == WholeList.pageSize)
        #expect(whole.command(after: "12") == "usher audit --all --json --after 12")
    }

    @Test func aLineSaysWhenWhoWhatAndToWhatAndBelowItWhyAndWhatChanged() {
        let released = line(8) { line in
            line.actor = "benjamin@desk"
            line.action = "account release"
            line.reason = "contract signed"
            line.before = "operator: contract ended"
            line.after = "not held"
        }
        #expect(
            report([released, line(7)]).lines == [
                "WHEN                  ACTOR          ACTION           SUBJECT",
                "2026-11-21 12:00:00Z  benjamin@desk  account release  main",
                "  reason: contract signed",
                "  change: operator: contract ended -> not held",
                "2026-11-21 12:00:00Z  ann@desk       account hold     main",
                "  reason: contract ended",
                "  change: nothing -> held by an operator",
            ]
        )
    }

    @Test func whatALineDoesNotHaveIsLeftOut() {
        let bare = line(7) { line in
            line.subject = nil
            line.reason = nil
            line.after = nil
        }
        #expect(report([bare]).lines.dropFirst() == ["2026-11-21 12:00:00Z  ann@desk  account hold"])
        #expect(
            report([bare]).json(next: nil) == #"{"lines":[{"audit_id":7,"at":"2026-11-21T12:00:00.000Z","#
                + #""actor":"ann@desk","action":"account hold"}]}"#
        )
        let gone = line(7) { line in
            line.before = "held"
            line.after = nil
        }
        #expect(report([gone]).lines.last == "  change: held -> nothing")
    }

    /// A reason is whatever somebody typed: it must neither steer the terminal nor look like a line of its own.
    @Test func whatATerminalWouldActOnIsMadeHarmless() {
        let forged = line(7) { line in
            line.actor = "ann\u{9B}2J@desk"
            line.subject = "main\u{1B}[2K"
            line.reason = "fine\n2026-11-21 12:00:00Z  ben@desk  account hold  main\u{202E}"
            line.before = "a\rb"
            line.after = "c\u{7}"
        }
        #expect(
            report([forged]).lines.dropFirst() == [
                "2026-11-21 12:00:00Z  ann?2J@desk  account hold  main?[2K",
                "  reason: fine?2026-11-21 12:00:00Z  ben@desk  account hold  main?",
                "  change: a?b -> c?",
            ]
        )
        #expect(report([forged]).json(next: nil).contains(#""subject":"main\u001b[2K""#))
    }

    @Test func scriptsGetTheLinesAndWhereTheyGoOn() {
        let released = line(8) { $0.before = "operator: contract ended" }
        #expect(
            report([released], cursor: 8).json(next: "usher audit --after 8")
                == #"{"lines":[{"audit_id":8,"at":"2026-11-21T12:00:00.000Z","actor":"ann@desk","#
                + #""action":"account hold","subject":"main","reason":"contract ended","#
                + #""before":"operator: contract ended","after":"held by an operator"}],"#
                + #""cursor":"8","next":"usher audit --after 8"}"#
        )
        #expect(report([]).json(next: nil) == #"{"lines":[]}"#)
        #expect(
            report([released, line(7)]).jsonLines.map { $0.prefix(15) } == [#"{"audit_id":8,""#, #"{"audit_id":7,""#]
        )
    }
}
