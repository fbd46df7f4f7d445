import SessionCore
import Testing

/// The rules of the demonstration: one account, nothing special.
enum ExampleRules {
    static let rules = JobRules(
        accounts: ["demo": AccountRules(merchantID: "Test-Integration-Merchant", applicationKey: "Sandbox")],
        defaultAccount: "demo"
    )
}

@Suite struct ResultContractTests {
    private let schema: JSONTree

    init() throws {
        schema = try ContractFiles.tree("contracts/result.schema.json")
    }

    private func expectSame(_ fields: [ResultField], _ object: JSONTree, _ path: String) {
        #expect(object["properties"]?.members.map(\.name) == fields.map(\.name))
        #expect(object["required"]?.elements.compactMap(\.text) ?? [] == fields.filter(\.isRequired).map(\.name))
        for field in fields {
            let property = object["properties"]?[field.name]
            #expect(property?["type"]?.text == field.kind.rawValue, "\(path)\(field.name)")
            #expect((property?["description"]?.text?.utf8.count ?? 0) > 4, "\(path)\(field.name)")
            if let property, field.kind == .object { expectSame(field.members, property, "\(path)\(field.name).") }
        }
    }

    @Test func hasTheMembersThatTheCodecWrites() {
        expectSame(ResultFields.all, schema, "")
    }

    @Test func listsEveryOutcome() {
        let outcomes = schema["properties"]?["outcome"]?["enum"]?.elements.compactMap(\.text)
        #expect(outcomes == ResultOutcome.allCases.map(\.rawValue))
    }

    @Test func patternsMatchWhatTheCodecWrites() throws {
        let tree = try JSONTree(ResultCodec.encode(ResultSample.opened))
        for name in ["result_id", "order_id", "opened_at", "expires_at", "completed_at"] {
            let pattern = try #require(schema["properties"]?[name]?["pattern"]?.text)
            let text = try #require(tree[name]?.text)
            #expect(try Regex(pattern).firstMatch(in: text) != nil, "\(name)")
        }
    }

    @Test func itsExamplesAreResults() throws {
        let examples = try #require(schema["examples"]?.elements)
        #expect(examples.count == 3)
        for example in examples {
            var writer = JSONWriter()
            example.write(to: &writer)
            // Written again, they are the same bytes: the examples show the codec's own spelling.
            #expect(ResultCodec.encode(try ResultCodec.decode(writer.bytes)) == writer.bytes)
        }
    }

    @Test func theConflictExampleIsTheOneThatIsWritten() throws {
        let collision = Collision(
            record: RecordPosition(topic: "vt.session.jobs", partition: 0, offset: 7),
            order: ResultSample.order,
            generation: 1,
            state: .opened,
            storedBody: JobCodec.canonicalBody(try JobSample.decode(JobSample.text())),
            body: JobCodec.canonicalBody(try JobSample.decode(JobSample.text(["amount": "20000"]))),
            now: Timestamp(microseconds: 1_795_262_402_789_000)
        )
        let answer = AnswerCodec(identity: ResultSample.identity).conflict(collision)
        #expect(try JSONTree(answer.value) == schema["examples"]?.elements[2])
    }
}

@Suite struct PublishedContractTests {
    @Test func theReasonsPageListsEveryWordOnce() {
        let page = ContractFiles.text("contracts/reasons.md")
        let words = page.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `") else { return nil }
            return line.dropFirst(3).split(separator: "`").first.map { String($0) }
        }
        #expect(words.sorted() == RefusalReason.allCases.map(\.rawValue).sorted())
    }

    @Test func theReasonsPageSaysWhatIsNotKept() {
        let rows = ContractFiles.text("contracts/reasons.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        let notKept = rows.filter { $0.hasSuffix("| no |") }.compactMap { $0.dropFirst(3).split(separator: "`").first }
        #expect(notKept == ["size", "pan"])
    }

    @Test(arguments: [
        "asyncapi: 3.0.0", "address: vt.session.jobs", "address: vt.session.results", "$ref: './job.schema.json'",
        "$ref: './result.schema.json'", "required: [result_id, generation, outcome, schema]", "traceparent:",
        "const: usher.session.result.v1", "name: usher.session.result.v1",
    ])
    func theAsyncAPIDocumentNames(_ text: String) {
        #expect(ContractFiles.text("contracts/asyncapi.yaml").contains(text))
        #expect(ResultCodec.schema == "usher.session.result.v1")
    }

    @Test func theAsyncAPIDocumentListsEveryOutcomeAndTheKeysLimits() {
        let document = ContractFiles.text("contracts/asyncapi.yaml")
        let outcomes = ResultOutcome.allCases.map(\.rawValue).joined(separator: ", ")
        #expect(document.contains("enum: [\(outcomes)]"))
        let pattern = "pattern: '\(TextShape.identifier.pattern)'"
        #expect(document.ranges(of: pattern).count == 3)
        #expect(document.ranges(of: "maxLength: \(JobFields[.orderID].maxLength ?? 0)\n").count == 3)
    }
}

/// The sample records of the demonstration.
@Suite struct ExampleTests {
    private let codec = JobCodec(rules: ExampleRules.rules)

    private func lines() -> [[UInt8]] {
        ContractFiles.bytes("examples/jobs.ndjson").split(separator: 0x0A).map { Array($0) }
    }

    private func job(_ value: [UInt8]) throws -> Job {
        let tree = try JSONTree(value)
        return try codec.decode(key: Array((tree["order_id"]?.text ?? "").utf8), value: value)
    }

    @Test func thereAreSevenJobsAndOneThatIsNone() throws {
        let lines = lines()
        #expect(lines.count == 8)
        let jobs = try lines.prefix(7).map(job)
        #expect(jobs.allSatisfy { $0.order.account == "demo" && $0.notAfter == nil })
        #expect(jobs.map(\.request.intent.rawValue).prefix(3) == ["payment", "withdrawal", "authorization"])
        #expect(jobs[5].request.variable3 == "simulate:decline")
        #expect(jobs[6].request.variable3 == "simulate:unavailable-once")
        #expect(Set(jobs.map(\.order)).count == 5)
        do {
            _ = try codec.decode(key: Array("test-1560610960".utf8), value: lines[7])
            Issue.record("the eighth line is accepted")
        } catch {
            #expect(error.reason == .syntax && error.order == nil)
        }
    }

    @Test func theFourthIsADuplicateOfTheFirstAndTheFifthAConflict() throws {
        let lines = lines()
        let bodies = try lines.prefix(5).map { JobCodec.canonicalBody(try job($0)) }
        #expect(lines[3] != lines[0])
        #expect(bodies[3] == bodies[0])
        #expect(JobCodec.differingFields(bodies[0], bodies[4]) == ["amount"])
        #expect(try job(lines[4]).order == job(lines[0]).order)
    }

    @Test(arguments: [
        ("payment", 0), ("withdrawal", 1), ("authorization", 2), ("duplicate", 3), ("conflict", 4), ("declined", 5),
        ("retried", 6),
    ])
    func theSingleFilesAreTheSameJobs(_ name: String, _ line: Int) throws {
        let bytes = ContractFiles.bytes("examples/\(name).json")
        #expect(bytes.filter { $0 == 0x0A }.count > 5, "printed on lines of their own")
        #expect(try JobCodec.canonicalBody(job(bytes)) == JobCodec.canonicalBody(job(lines()[line])))
    }

    @Test func theBrokenFileIsBroken() {
        #expect(throws: JSONFault.self) { try JSONTree(ContractFiles.bytes("examples/broken.json")) }
    }
}
