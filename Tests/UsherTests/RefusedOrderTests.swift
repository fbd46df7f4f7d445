import Cryptography
import PostgresStore
import SessionCore
import Testing
import UsherTestKit

@testable import usher

@Suite("Refused orders", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct RefusedOrderTests {
    @Test("an order that was refused is told of however many were refused since")
    func refused() async throws {
        let store = try await PostgresFixture.make().store()
        for start in [Int64(0), 750] {
            let records = (start..<(start + 750)).map { offset in
                var record = QuarantinedRecord(
                    partition: 0,
                    offset: offset,
                    reason: offset == 0 ? "amount" : "type",
                    field: "amount",
                    detail: "amount: write a whole number",
                    rawSHA256: Hashes.sha256([])
                )
                record.order = Order(account: "main", orderID: "o-\(offset)")
                return record
            }
            let range = PartitionRange(partition: 0, start: start, next: start + 750)
            _ = try await store.ingest(
                IngestBatch(topic: "jobs", ranges: [range], jobs: [], quarantined: records, lease: .seconds(60))
            )
        }
        let found = try await ShowVerb.find("o-0", nil, in: store)
        let entries = try #require(found.refused?.entries)
        #expect(found.orders.isEmpty && entries.map(\.record.offset) == [0])
        let missing = MissingOrder(
            orderID: "o-0",
            account: nil,
            refused: entries,
            show: ["usher", "show"],
            list: ["usher", "list"]
        )
        #expect(missing.text.contains("jobs[0]@0") && missing.text.contains("(amount) amount: write a whole number"))
        #expect(try await ShowVerb.find("o-0", "second", in: store).refused?.entries.isEmpty == true)
        await store.close()
    }
}
