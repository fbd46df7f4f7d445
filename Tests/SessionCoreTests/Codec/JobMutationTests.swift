import SessionCore
import Testing

/// Spoils good records in many ways: nothing may trap, and what is still accepted must be sound.
@Suite struct JobMutationTests {
    private static let corpus: [[UInt8]] = [
        JobSample.text(),
        JobSample.text(["customer_data": nil, "customer_token": #""87cfb23a8f1e68e162c276b754d9c061""#]),
        JobSample.text([
            "campaign": #""spring""#, "not_before": #""2026-11-21T12:00:00Z""#,
            "not_after": #""2026-11-22T12:00:00+05:30""#, "agent_name": #""Zo\u00eb \ud83d\udcbc \/\\""#,
            "amount": "null", "gateway": #""credit_card_cascade_gateway_0000""#, "payment_method": "null",
        ]),
        JobSample.text([
            "customer_data.country": #""US""#, "customer_data.state": #""CA""#, "customer_data.zip": #""90210""#,
            "currency": #""JPY""#, "intent": #""authorization""#, "account": #""demo""#,
        ]),
    ].map { Array($0.utf8) }

    @Test(arguments: 1...8) func mutatedRecordsNeverTrapAndAcceptedOnesAreSound(_ seed: UInt64) throws {
        var mutator = Mutator(corpus: Self.corpus, seed: seed)
        var accepted = 0
        var noted = 0
        for _ in 0..<3_000 {
            let record = mutator.next()
            do {
                let job = try JobSample.codec.decode(key: JobSample.key, value: record)
                accepted += 1
                try expectSound(job, record)
                let content = try JobSample.codec.accept(key: JobSample.key, value: record)
                #expect(content.body == JobCodec.canonicalBody(job), "\(String(decoding: record, as: UTF8.self))")
                #expect(content.order == job.order && content.campaign == job.campaign)
                #expect(content.notBefore == job.notBefore && content.notAfter == job.notAfter)
                let request = try #require(SharedRequest(in: content.body, of: content.order))
                #expect(request.value == job.request)
                guard let known = content.request else { continue }
                noted += 1
                expectSame(known, request)
            } catch let refusal as JobRefusal {
                #expect(!refusal.detail.isEmpty)
                if let order = refusal.order { #expect(order.orderID.utf8.allSatisfy { 0x21...0x7E ~= $0 }) }
            }
        }
        #expect(accepted > 100, "the mutator spoils too much to tell anything")
        #expect(noted > 50 && noted < accepted, "some bodies have escapes, others have none")
    }

    /// What was noted while the body was written is what a look at the body finds.
    private func expectSame(_ known: SharedRequest, _ read: SharedRequest) {
        #expect(known == read && known.intent == read.intent && known.amount == read.amount)
        for field in SharedRequest.Field.allCases { #expect(known.text(field) == read.text(field)) }
        func members(_ request: SharedRequest) -> [[UInt8]]? {
            request.withMembers { [Array($0), Array($1)] }
        }
        #expect(members(known) == members(read))
    }

    private func expectSound(_ job: Job, _ record: [UInt8]) throws {
        let body = JobCodec.canonicalBody(job)
        #expect(try JobCodec.decodeCanonical(body) == job)
        // A canonical body is itself a job record, and says the same.
        let again = try JobSample.codec.decode(key: JobSample.key, value: body)
        #expect(JobCodec.canonicalBody(again) == body, "\(String(decoding: record, as: UTF8.self))")
        #expect(job.request.orderID == job.order.orderID)
        #expect(job.request.amount.map { $0 > 0 } ?? true)
    }

    @Test func mutatedBodiesAndResultsNeverTrap() throws {
        let bodies = try Self.corpus.map {
            JobCodec.canonicalBody(try JobSample.codec.decode(key: JobSample.key, value: $0))
        }
        var mutator = Mutator(corpus: bodies, seed: 99)
        for _ in 0..<2_000 {
            let body = mutator.next()
            let job = try? JobCodec.decodeCanonical(body)
            if let job { #expect(JobCodec.canonicalBody(job) == body) }
            let order = job?.order ?? Order(account: "main", orderID: "o-1")
            #expect(SharedRequest(in: body, of: order)?.value == job?.request)
            _ = JobCodec.differingFields(bodies[0], body)
        }
        var results = Mutator(corpus: [ResultCodec.encode(ResultSample.opened)], seed: 100)
        for _ in 0..<2_000 { _ = try? ResultCodec.decode(results.next()) }
    }
}

/// Takes a record of the corpus and changes it one to three times.
private struct Mutator {
    let corpus: [[UInt8]]
    var generator: SeededGenerator

    private static let tokens: [[UInt8]] =
        [
            "null", "true", "-0", "1e3", "1.0", "99999999999999999999", "\"\"", "{}", "[]", "\"\\u0000\"",
            "\"\\ud800\"",
            "\\u0041", "\\", "\"", ",", ":", "{", "}", "[", "]", " ", "\n", "4111111111111111", "é", "\u{1F4BC}",
            "\u{FEFF}",
            "https://127.0.0.1/", "@", "#", "{{", "/", "0", "9", "Z",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0x00], [0xE2, 0x82]]

    init(corpus: [[UInt8]], seed: UInt64) {
        self.corpus = corpus
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> [UInt8] {
        var record = corpus.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !record.isEmpty { mutate(&record) }
        return record
    }

    private mutating func mutate(_ record: inout [UInt8]) {
        let start = Int.random(in: 0..<record.count, using: &generator)
        let end = min(record.count, start + Int.random(in: 1...12, using: &generator))
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: record[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: record[start] = UInt8.random(in: 0...255, using: &generator)
        case 2: record.removeSubrange(start..<end)
        case 3: record.insert(contentsOf: record[start..<end], at: start)
        case 4: record.removeSubrange(start...)
        case 5: record.swapAt(start, Int.random(in: 0..<record.count, using: &generator))
        case 6: record.replaceSubrange(start..<end, with: token())
        case 7: record.insert(contentsOf: token(), at: start)
        case _: changeCharacter(&record, from: start)
        }
    }

    private mutating func token() -> [UInt8] {
        Self.tokens.randomElement(using: &generator) ?? []
    }

    /// Replaces a letter or digit by another of its kind, which often leaves the record acceptable.
    private mutating func changeCharacter(_ record: inout [UInt8], from start: Int) {
        guard let place = record[start...].firstIndex(where: { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 }) else { return }
        let isDigit = record[place] < 0x61
        record[place] = UInt8.random(in: isDigit ? 0x30...0x39 : 0x61...0x7A, using: &generator)
    }
}
