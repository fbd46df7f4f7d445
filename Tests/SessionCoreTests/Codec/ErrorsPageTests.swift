import SessionCore
import Testing

/// `docs/contracts/errors.md` has a row for everything that a result without a session can say, and no other.
@Suite struct ErrorsPageTests {
    /// What tells results without a session apart, as the page writes it.
    private struct Row: Hashable, CustomStringConvertible {
        var outcome: String
        var errorClass: String
        var code: String

        init(_ outcome: String, _ error: ResultError) {
            self.outcome = outcome
            errorClass = error.errorClass
            code = error.code == ErrorsPageTests.providersCode ? "the Cashier's" : "`\(error.code)`"
        }

        /// A row of a table; nil for another line.
        init?(_ line: Substring) {
            let cells = line.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
            guard line.hasPrefix("| `"), cells.count == 6 else { return nil }
            (outcome, errorClass, code) = (cells[0].filter { $0 != "`" }, cells[1].filter { $0 != "`" }, cells[2])
        }

        var description: String { "\(outcome), \(errorClass), \(code)" }
    }

    private static let providersCode = "417"

    @Test func thePageHasARowForEverythingThatIsWritten() throws {
        let rows = ContractFiles.text("contracts/errors.md").split(separator: "\n").compactMap { Row($0) }
        let written = try Self.endsOfJobs.union(Self.decisions).union(Self.answers())
        #expect(Set(rows) == written)
        #expect(rows.count == written.count, "a row stands twice")
    }

    @Test func theSchemaNamesEveryClass() throws {
        let error = try ContractFiles.tree("contracts/result.schema.json")["properties"]?["error"]
        let text = try #require(error?["properties"]?["class"]?["description"]?.text)
        let named = text.split(separator: ". ").dropFirst().compactMap { $0.split(separator: ": ").first }
        let written = try Self.endsOfJobs.union(Self.decisions).union(Self.answers())
        #expect(named.map { String($0) }.sorted() == Set(written.map(\.errorClass)).sorted())
    }

    // MARK: What is written

    /// What jobs end with, whatever is answered to them at whatever moment.
    private static var endsOfJobs: Set<Row> {
        var ends: Set<Row> = []
        var random = SeededGenerator(seed: 7)
        for unknownPolicy in UnknownPolicy.allCases {
            let policy = OutcomePolicy(rules: OutcomePolicyTests.rules(unknownPolicy))
            for job in jobs {
                for answer in answersOfTheProvider {
                    for seconds in moments {
                        let now = OutcomePolicyTests.sent.advanced(by: .seconds(seconds))
                        let decision = policy.decide(job, answer: answer, startedAt: now, now: now, using: &random)
                        if let row = end(of: decision.verdict) { ends.insert(row) }
                        guard answer.outcome == .refused(.configFault), job.purpose == .open else { continue }
                        let alone = policy.refusedAlone(job, answer, now: now, using: &random)
                        if let row = end(of: alone) { ends.insert(row) }
                    }
                }
            }
            for attempts in [0, 1] {
                if let row = end(of: policy.expire(OutcomePolicyTests.job(.expire, attempts: attempts))) {
                    ends.insert(row)
                }
            }
        }
        return ends
    }

    private static var decisions: Set<Row> {
        Set(OperatorDecision.allCases.compactMap { end(of: $0.verdict) })
    }

    private static func end(of verdict: Verdict) -> Row? {
        guard case .ended(let state, let error) = verdict else { return nil }
        return Row(state.name, error)
    }

    private static var jobs: [ClaimedJob] {
        var jobs: [ClaimedJob] = []
        for attempts in 1...3 {
            for lookUps in [1, 40] {
                for lastCode in [nil, AnswerCode.notUnique] {
                    for purpose in [ClaimPurpose.open, .lookUp] {
                        jobs.append(
                            OutcomePolicyTests.job(purpose, attempts: attempts, lookUps: lookUps, lastCode: lastCode)
                        )
                    }
                }
            }
        }
        return jobs
    }

    /// Soon, when the request can no longer be accepted, when its session is over, and when the time is used up.
    private static let moments = [1, 70, 910, 3_600]

    private static var answersOfTheProvider: [CashierAnswer] {
        let session = OpenedSession(redirectURL: "https://x.test/", answeredAt: OutcomePolicyTests.sent)
        var answers: [(CallOutcome, String)] = [
            (.opened(session), AnswerCode.found), (.refused(.retryFast), AnswerCode.timestamp),
            (.notSent, AnswerCode.jobUnreadable), (.notSent, AnswerCode.waited),
            (.notSent, AnswerCode.noFindOrderURL), (.unknown, "timeout"), (.unknown, AnswerCode.badSignature),
            (.unknown, AnswerCode.notUnique), (.found(.open), AnswerCode.found), (.found(.used), AnswerCode.found),
            (.found(.over), AnswerCode.found), (.notFound, "not_found"), (.lookUpRefused, AnswerCode.lookUpOff),
            (.lookUpRefused, providersCode),
        ]
        for errorClass in ErrorClass.allCases { answers.append((.refused(errorClass), providersCode)) }
        return answers.map { CashierAnswer(outcome: $0.0, code: $0.1, message: "m") }
    }

    /// What records are answered with. Reasons have a page of their own.
    private static func answers() throws -> Set<Row> {
        let codec = AnswerCodec(identity: ResultSample.identity)
        let record = RecordPosition(topic: "vt.session.jobs", partition: 3, offset: 41)
        let collision = Collision(
            record: record,
            order: ResultSample.order,
            generation: 1,
            state: .opened,
            storedBody: nil,
            body: JobCodec.canonicalBody(try JobSample.decode(JobSample.text())),
            now: ResultSample.now
        )
        let refusal = try #require(JobSample.refusal(JobSample.text(["amount": "1e3"])))
        let rejected = try #require(codec.rejected(refusal, record: record, now: ResultSample.now))
        let written = [codec.conflict(collision), codec.duplicateOfWiped(collision), rejected]
        return Set(
            try written.map { answer in
                let result = try ResultCodec.decode(answer.value)
                var row = Row(result.outcome.rawValue, try #require(result.error))
                if result.outcome == .rejected { row.code = "[a reason](reasons.md)" }
                return row
            }
        )
    }
}
