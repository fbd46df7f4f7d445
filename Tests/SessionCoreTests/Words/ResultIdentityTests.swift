import Cryptography
import SessionCore
import Testing

@Suite struct ResultIdentityTests {
    private let identity = ResultIdentity(sha256: { Hashes.sha256($0) })

    // The expected ids were computed with Python's hashlib and uuid.
    @Test func idsStayTheSameForEver() {
        let result = identity.result(of: Order(account: "demo", orderID: "test-1560610955"), generation: 1)
        #expect(result.text == "6fc0462e-1f67-8998-a6c8-c6b4baafc262")
        let answer = identity.answer(.conflict, to: RecordPosition(topic: "vt.session.jobs", partition: 0, offset: 7))
        #expect(answer.text == "fb36503b-901f-8945-a68b-e8b0284ea411")
    }

    @Test func everyPartCounts() {
        var ids: Set<ResultID> = []
        for (account, orderID) in [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc")] {
            for generation: Int32 in [1, 2, 11] {
                ids.insert(identity.result(of: Order(account: account, orderID: orderID), generation: generation))
            }
        }
        #expect(ids.count == 12)
        var answers: Set<ResultID> = []
        for (topic, partition, offset) in [("t", 1, 11), ("t", 11, 1), ("t1", 1, 1), ("t", 1, 1)]
            as [(String, Int32, Int64)]
        {
            let record = RecordPosition(topic: topic, partition: partition, offset: offset)
            for outcome in [ResultOutcome.conflict, .rejected] { answers.insert(identity.answer(outcome, to: record)) }
        }
        #expect(answers.count == 8 && ids.isDisjoint(with: answers))
    }

    @Test func textIsAUuidOfVersion8() throws {
        for generation: Int32 in 1...50 {
            let id = identity.result(of: Order(account: "demo", orderID: "x"), generation: generation)
            let parts = id.text.split(separator: "-", omittingEmptySubsequences: false)
            #expect(parts.map(\.utf8.count) == [8, 4, 4, 4, 12])
            #expect(parts[2].first == "8" && "89ab".contains(parts[3].prefix(1)))
            #expect(ResultID(text: id.text) == id)
            #expect(ResultID(text: id.text.uppercased()) == id)
        }
    }

    @Test(arguments: [
        "", "x", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000000",
        "00000000000000000000000000000000", "0000000-00000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000g", "00000000-0000-0000-0000-0000000000\u{E9}",
        "{0000000-0000-0000-0000-000000000000}",
    ])
    func otherTextIsNoId(_ text: String) {
        #expect(ResultID(text: text) == nil)
    }

    @Test func textKeepsEveryByte() {
        let id = ResultID(bytes: (0..<16).map { UInt8($0 * 17) })
        #expect(id.text == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(ResultID(text: id.text) == id)
    }
}
