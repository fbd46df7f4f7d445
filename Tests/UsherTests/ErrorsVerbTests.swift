import CashierClient
import PostgresStore
import SessionCore
import Terminal
import Testing

@testable import usher

@Suite("usher account errors")
struct ErrorsVerbTests {
    private static let rules = OutcomeRules(
        attemptsMax: 10,
        timeBudget: .seconds(900),
        fast: Backoff(base: .milliseconds(500), cap: .seconds(30)),
        slow: Backoff(base: .seconds(30), cap: .seconds(600)),
        limited: Backoff(base: .seconds(1), cap: .seconds(60)),
        lookUpSchedule: [.seconds(2), .seconds(10)],
        requestValidity: .seconds(60),
        clockSkew: .seconds(10),
        sessionLifetime: .seconds(900),
        unknownPolicy: .repost,
        looksUp: true
    )

    private func invocation(_ words: [String]) throws -> Invocation {
        guard case .run(let invocation) = CommandTree.root.start(["account", "errors"] + words) else {
            throw UsageError(path: [], message: "not understood")
        }
        return invocation
    }

    private func rule(_ words: [String]) throws -> ErrorRule {
        try RuleOptions.requiredRule(invocation(["set", "main"] + words))
    }

    @Test func optionsBecomeARule() throws {
        let rule = try rule([
            "--code", "417", "--text", "Limit reached | too many", "--http-status", "200", "--class", "retry_slow",
            "--name", "limit", "--message", "Try later.", "--wait", "30s", "--wait-cap", "10m", "--attempts-max", "3",
        ])
        #expect(
            rule
                == ErrorRule(
                    "set-417-limit-reached-too-http-200",
                    .exactly(417),
                    text: "Limit reached | too many",
                    httpStatus: 200,
                    .retrySlow,
                    name: "limit",
                    retry: RetryRule(firstWait: .seconds(30), waitCap: .seconds(600), attemptsMax: 3),
                    advice: "Try later."
                )
        )
        let rest = ["--class", "verify", "--message", "m"]
        #expect(try self.rule(["--code", "unlisted"] + rest).id == "set-unlisted")
        #expect(try self.rule(["--code=-5"] + rest).status == .exactly(-5))
        #expect(try self.rule(["--code", "none", "--http-status", "404"] + rest).id == "set-none-http-404")
    }

    @Test(arguments: [
        (["--class", "declined", "--message", "m"], "--code is needed: which answer"),
        (["--code", "41x", "--class", "declined", "--message", "m"], "--code must be a number such as 417, or one of"),
        (["--code", "negativ", "--class", "declined", "--message", "m"], "did you mean negative?"),
        (["--code", "0", "--class", "declined", "--message", "m"], "--code must be a number other than 0"),
        (["--code", "417", "--message", "m"], "--class is needed: one of declined, retry_fast"),
        (["--code", "417", "--class", "decline", "--message", "m"], "did you mean declined?"),
        (["--code", "417", "--class", "declined"], "--message is needed"),
        (["--code", "417", "--class", "declined", "--message", " "], "--message is needed"),
        (
            ["--code", "417", "--class", "declined", "--message", "m", "--text", "a |"],
            "--text has an empty side of a |"
        ),
        (["--code", "417", "--class", "declined", "--message", "m", "--http-status", "302"], "--http-status must be"),
        (["--code", "417", "--class", "declined", "--message", "m", "--wait", "5s"], "--wait and its like are for"),
        (["--code", "417", "--class", "limited", "--message", "m", "--wait", "soon"], "--wait must be a span"),
        (["--code", "417", "--class", "limited", "--message", "m", "--attempts-max", "0"], "--attempts-max must be"),
        (
            ["--code", "417", "--class", "limited", "--message", "m", "--means-not-found"],
            "--means-not-found goes with"
        ),
        (["--code", "417", "--class", "declined", "--message", "m", "--name", "A b"], "--name must be a lower-case"),
    ])
    func aWrongOptionIsNamed(_ words: [String], _ part: String) throws {
        do {
            _ = try rule(words)
            Issue.record("understood: \(words)")
        } catch let error as UsageError {
            #expect(error.message.contains(part), "\(error.message)")
            #expect(error.path == ["account", "errors", "set"])
        }
    }

    @Test func aReasonIsNeeded() throws {
        #expect(throws: UsageError.self) { try Operator.act(invocation(["revert", "main", "set-417"])) }
        let act = try Operator.act(invocation(["revert", "main", "set-417", "--reason", "why"]))
        #expect(act.reason == "why" && act.actor.contains("@"))
    }

    private static let replies =
        (0..<5).map { SampleReplies.unlisted($0) } + [
            SampleReplies.reply(5, status: 333), SampleReplies.reply(6, status: 417, httpStatus: 503),
            SampleReplies.reply(7, status: 400, text: "amount is not valid", then: "config_fault"),
        ]

    @Test func aRuleIsTriedOnWhatCame() throws {
        let rule = try rule(["--code", "417", "--class", "retry_slow", "--message", "Busy."])
        let comparison = TableComparison(Self.replies, before: .standard, after: ErrorTable.standard.adding(rule))
        #expect(comparison.total == 8 && comparison.changed == 6)
        #expect(comparison.newlyDefinite == 1, "417 under HTTP 503 was unknown")
        #expect(comparison.takenOtherwiseThen == 1)
        let first = try #require(comparison.groups.first)
        #expect(first.before.words == "unlisted: declined" && first.after.words == "set-417: retry_slow")
        #expect(first.count == 5 && first.orders == ["o-0", "o-1", "o-2"])
        let narrow = try self.rule(["--code", "417", "--http-status", "200", "--class", "retry_slow", "--message", "m"])
        let safe = TableComparison(Self.replies, before: .standard, after: ErrorTable.standard.adding(narrow))
        #expect(safe.changed == 5 && safe.newlyDefinite == 0)
        let lines = ErrorTestReport.lines(comparison, isTrial: true, width: nil)
        #expect(lines.first == "6 of 8 recorded replies would have been taken otherwise")
        #expect(
            lines.contains { $0.contains("unlisted: declined  set-417: retry_slow  417   o-0, o-1, o-2") },
            "\(lines)"
        )
        #expect(lines.last?.hasPrefix("1 of them were taken otherwise when they came") == true)
    }

    private func report(_ words: [String], isDryRun: Bool = false) throws -> ErrorSetReport {
        let rule = try rule(words + ["--message", "Busy."])
        return ErrorSetReport(
            account: "main",
            rule: rule.row,
            isRevert: false,
            replaced: nil,
            comparison: TableComparison(Self.replies, before: .standard, after: ErrorTable.standard.adding(rule)),
            doubts: ErrorTable.standard.doubts(of: rule),
            isDryRun: isDryRun
        )
    }

    @Test func aRuleThatIsSetSaysWhenItHoldsAndWhatItWouldHaveChanged() throws {
        let report = try report(["--code", "417", "--http-status", "200", "--class", "declined", "--name", "limit"])
        let lines = report.lines(width: nil)
        #expect(lines.first == "main: set-417-http-200 is set: code 417 under HTTP 200 → declined as limit: Busy.")
        #expect(lines.contains("5 of 8 recorded replies would have been taken otherwise:"))
        #expect(lines.last == "In force in every running worker within 5s, also for calls on their way.")
        #expect(!report.isDangerous)
        #expect(report.json.contains("\"changed\":true") && report.json.contains("\"in_force_within_ms\":5000"))
    }

    @Test(arguments: [
        (["--code", "333", "--class", "declined"], "what rule 333 leaves unknown"),
        (["--code", "negative", "--class", "retry_slow"], "codes below zero"),
        (["--code", "417", "--class", "declined"], "1 recorded replies of unknown outcome, such as those of o-6"),
        (["--code", "none", "--http-status", "429", "--class", "limited"], "HTTP 429, with which"),
        (["--code", "none", "--http-status", "200", "--class", "retry_fast"], "an HTTP success without a readable"),
    ])
    func aRuleThatTakesTheUnknownForANoIsWarnedOf(_ words: [String], _ part: String) throws {
        let report = try report(words, isDryRun: true)
        #expect(report.isDangerous)
        #expect(report.lines(width: nil).contains { $0.contains(part) }, "\(report.lines(width: nil))")
        #expect(report.lines(width: nil).last == "Nothing was changed (--dry-run).")
    }

    @Test func aRuleThatTakesWhatUnlistedLeavesUnknownForANoIsWarnedOf() throws {
        let table = ErrorTable.standard.adding(
            try rule(["--code", "unlisted", "--class", "verify", "--message", "Nobody knows."])
        )
        let rule = try rule(["--code", "418", "--class", "retry_slow", "--message", "Busy."])
        let report = ErrorSetReport(
            account: "main",
            rule: rule.row,
            isRevert: false,
            replaced: nil,
            comparison: TableComparison([], before: table, after: table.adding(rule)),
            doubts: table.doubts(of: rule),
            isDryRun: false
        )
        #expect(report.isDangerous)
        #expect(report.refusal.contains("  - what rule set-unlisted leaves unknown (Nobody knows.)"))
    }

    static let effects: [(ErrorClass, CashierCall.Kind, job: String, account: String, crm: String)] = [
        (.declined, .open, "ends as declined", "goes on", "gets the job's one result now: declined, error code 417: m"),
        (
            .retryFast, .open, "is sent again after a wait of up to 500ms, doubling to 30s; after 10", "goes on; the",
            "hears"
        ),
        (
            .retrySlow, .open, "is sent again after a wait of up to 30s, doubling to 10m; after 10", "goes on; the",
            "hears"
        ),
        (
            .limited, .open, "is sent again after a wait of up to 1s, doubling to 1m", "goes on with fewer calls",
            "hears"
        ),
        (.maintenance, .open, "may have a session", "is held for every worker: none of its jobs is sent", "hears"),
        (.verify, .open, "may have a session: it is looked up after 2s", "goes on; the", "hears"),
        (
            .configFault, .open, "gets its attempt back",
            "is held for every worker: none of its jobs is sent, but a trial", "hears nothing yet"
        ),
        (.declined, .lookUp, "is looked up again until its request can no longer be accepted", "goes on", "hears"),
        (.retryFast, .lookUp, "is looked up again later", "goes on; the failure", "hears"),
        (.maintenance, .lookUp, "is looked up again later", "goes on if its openings go well", "hears"),
        (.configFault, .lookUp, "is looked up again later; after many refusals", "goes on if its openings", "hears"),
    ]

    @Test(arguments: effects.indices)
    func theEffectIsSaidInWords(_ index: Int) {
        let expected = Self.effects[index]
        let table = ErrorTable.standard.adding(ErrorRule("r", .exactly(417), expected.0, advice: "m"))
        let judgement = table.judge(status: 417, text: [], httpStatus: 200, kind: expected.1)
        let effect = ErrorEffect(judgement, kind: expected.1, rules: Self.rules)
        #expect(effect.job.hasPrefix(expected.job), "\(effect.job)")
        #expect(effect.account.hasPrefix(expected.account), "\(effect.account)")
        #expect(effect.crm.hasPrefix(expected.crm), "\(effect.crm)")
    }

    @Test func aPastedReplyIsReadWithOrWithoutItsHead() throws {
        let body = "{\"status\":417,\"description\":\"Limit of 4111111111111111 reached\"}"
        for text in [
            "\n  \(body)\n", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n\(body)\r\n",
            "HTTP/2 200\nserver: x\n\n\(body)",
            "HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\(body)",
        ] {
            let facts = ReplyFacts(try PastedReply.read(Array(text.utf8), httpStatus: nil))
            #expect(facts.httpStatus == 200 && facts.status == 417)
            #expect(facts.redactedText == "Limit of [redacted] reached")
        }
        #expect(try PastedReply.read(Array(body.utf8), httpStatus: 503).status == 503)
        for (text, status) in [
            ("", nil), ("HTTP/1.1 OK\n\n{}", nil), ("HTTP/1.1 200 OK\nno\n\n{}", nil), ("HTTP/1.1 200 OK\n\n{}", 200),
        ] {
            #expect(throws: PastedReply.Fault.self) { try PastedReply.read(Array(text.utf8), httpStatus: status) }
        }
    }

    @Test func aPastedReplyIsExplained() throws {
        let rule = try rule(["--code", "417", "--class", "retry_slow", "--message", "Busy."])
        func lines(_ body: String, after: ErrorTable? = nil, status: Int = 200) -> [String] {
            ErrorTestReport.Reply(
                facts: ReplyFacts(HTTPReply(status: status, headers: [], body: Array(body.utf8))),
                kind: .open,
                before: .standard,
                after: after,
                rules: Self.rules,
                hasSignature: false
            ).lines
        }
        let unlisted = lines("{\"status\":417}", after: ErrorTable.standard.adding(rule))
        #expect(unlisted.contains("rule     none lists it, so unlisted holds"))
        #expect(unlisted.contains("taken as declined, code 417"))
        #expect(unlisted.contains("With the rule that is tried:") && unlisted.contains("taken as retry_slow, code 417"))
        #expect(
            lines("{\"status\":333}", after: ErrorTable.standard.adding(rule)).last
                == "With the rule that is tried: the same."
        )
        #expect(lines("<html>", status: 502).contains("taken as unknown, code http_502"))
        #expect(lines("{\"status\":0}").last?.hasPrefix("It says success") == true)
    }

    @Test func theListShowsWhoSetWhatAndWhatWasNeverListed() throws {
        let own = ErrorOverride(
            account: "main",
            rule: try rule(["--code", "417", "--class", "limited", "--message", "Busy.", "--wait", "30s"]).row,
            setAt: SampleOrder.now,
            actor: "ann@desk",
            reason: "mail of support"
        )
        func seen(_ code: String) -> UnlistedCode {
            UnlistedCode(
                key: UnlistedCode.Key(account: "main", code: code, httpStatus: 200),
                count: 1_200,
                firstSeen: SampleOrder.now,
                lastSeen: SampleOrder.now,
                lastText: "busy"
            )
        }
        var stored = StoredErrorTable(
            revision: 7,
            standard: (ErrorTable.standard.rules + [ErrorTable.standard.unlisted]).map(\.row),
            overrides: [own]
        )
        stored.standard[0].errorClass = "odd"
        let report = ErrorListReport(
            stored: stored,
            unlisted: [seen("417"), seen("418"), seen("503")],
            accounts: ["main", "second"],
            isOneAccount: false
        )
        let lines = report.lines(width: nil)
        #expect(lines[2].hasPrefix("set-417  main") && lines[2].contains("limited, wait 30s"), "\(lines[2])")
        #expect(lines[2].hasSuffix("ann@desk  2026-11-21 12:00:00Z  mail of support"), "\(lines[2])")
        #expect(lines.contains("Every other code above 0: declined"))
        #expect(lines.contains { $0.contains("417   200  1,200") && $0.contains("set-417") })
        #expect(lines.contains { $0.contains("418   200  1,200") && $0.contains("declined") })
        #expect(lines.contains { $0.contains("503   200  1,200") && $0.contains("unknown") })
        #expect(lines.last?.hasPrefix("NOT IN FORCE: rule negative: class must be one of") == true)
        #expect(
            report.json.hasPrefix(
                "{\"revision\":7,\"overrides\":[{\"account\":\"main\",\"rule\":\"set-417\",\"code\":\"417\","
            )
        )
        let second = ErrorListReport(stored: stored, unlisted: [], accounts: ["second"], isOneAccount: true)
        #expect(second.lines(width: nil)[1] == "  none")
    }

    @Test func theBufferIsBounded() {
        let buffer = ReplyBuffer(repliesMax: 3, codesMax: 2)
        for number in 0..<5 {
            buffer.add(SampleReplies.reply(number, status: 500 - Int64(number % 4), httpStatus: 200))
        }
        let content = buffer.take()
        #expect(content.replies.count == 3 && content.dropped == 2)
        #expect(content.unlisted.count == 2 && content.unlisted.values.reduce(0) { $0 + $1.count } == 3)
        #expect(content.news.count == 2)
        buffer.add(SampleReplies.reply(9, status: 500))
        #expect(buffer.take().news.isEmpty)
    }
}
