import SessionCore
import Testing

@testable import PostgresStore

/// What sealed values are bound to. It can never be spelt otherwise: nothing that was stored before would open.
@Suite struct SealsTests {
    private let id = ResultID(bytes: (0..<16).map { UInt8($0 * 17) })

    @Test(arguments: [0, 7, -1, Int32.max, Int32.min]) func aBodyIsBoundToItsOrderAndGeneration(_ generation: Int32) {
        let order = Order(account: "main", orderID: "o-1")
        #expect(Seals.body(of: order, generation: generation) == "job_body|main|o-1|\(generation)")
        let long = Order(account: String(repeating: "a", count: 64), orderID: String(repeating: "o", count: 50))
        #expect(
            Seals.body(of: long, generation: generation) == "job_body|\(long.account)|\(long.orderID)|\(generation)"
        )
    }

    @Test func aResultIsBoundToItsIDToo() throws {
        let id = try #require(id)
        #expect(Seals.result(id, orderID: "o-1", generation: 2) == "result|o-1|2|00112233-4455-6677-8899-aabbccddeeff")
        #expect(Seals.event(id, orderID: "o-1") == "event|o-1|00112233-4455-6677-8899-aabbccddeeff")
    }

    @Test func aQuarantinedRecordIsBoundToItsPlace() {
        let record = RecordPosition(topic: "jobs.ü", partition: .max, offset: .max)
        #expect(Seals.quarantine(record) == "quarantine|jobs.ü|2147483647|9223372036854775807")
    }
}
