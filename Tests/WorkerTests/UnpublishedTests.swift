import SessionCore
import Testing

@testable import Worker

@Suite("Unpublished results")
struct UnpublishedTests {
    private func row(_ outboxID: Int64, jobs: [Int64]) -> OutboxRow {
        OutboxRow(
            outboxID: outboxID,
            entries: jobs.map { job in
                let result = EncodedResult(
                    resultID: ResultID(bytes: Array(repeating: UInt8(job), count: 16)),
                    orderID: "o-\(job)",
                    generation: 1,
                    outcome: .opened,
                    value: [UInt8(job)]
                )
                return OutboxEntry(key: .job(job), result: result, traceparent: nil)
            }
        )
    }

    @Test("a row is done with the last of its results, whatever the order of the acknowledgements")
    func wholeRows() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2, 3]), row(8, jobs: [4])], at: .seconds(1))
        #expect(records.map(\.result.orderID) == ["o-1", "o-2", "o-3", "o-4"])
        #expect(Set(records.map(\.token)).count == 4)
        #expect(unpublished.acknowledged([records[2].token, records[0].token]) == [])
        #expect(unpublished.acknowledged([records[3].token]) == [8])
        #expect(unpublished.acknowledged([records[0].token]) == [], "told twice")
        #expect(unpublished.acknowledged([records[1].token]) == [7])
        #expect(unpublished.count == 0)
        #expect(unpublished.oldest == nil)
    }

    @Test("of a row of which only a part was acknowledged, that part is known")
    func parts() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2, 3]), row(8, jobs: [4, 5])], at: .zero)
        #expect(unpublished.partlyAcknowledged == [])
        _ = unpublished.acknowledged([records[1].token, records[0].token])
        #expect(unpublished.partlyAcknowledged == [PartlyPublished(outboxID: 7, acknowledged: [.job(2), .job(1)])])
        _ = unpublished.acknowledged([records[2].token])
        #expect(unpublished.partlyAcknowledged == [])
    }

    @Test("what failed is handed out again under the same number, once, and its row waits for it")
    func failures() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2])], at: .seconds(3))
        unpublished.failed([records[0].token])
        #expect(unpublished.acknowledged([records[1].token]) == [])
        #expect(unpublished.takeFailed() == [records[0]])
        #expect(unpublished.takeFailed() == [])
        #expect(unpublished.oldest == .seconds(3))
        #expect(unpublished.acknowledged([records[0].token]) == [7])
    }

    /// A settlement that runs again finds its row, which the relay may have adopted meanwhile.
    @Test("a row that is known already is not sent again, so that it is done only when all of it is")
    func knownRows() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2])], at: .zero)
        #expect(unpublished.add([row(7, jobs: [1, 2])], at: .zero) == [])
        #expect(unpublished.acknowledged([records[0].token]) == [])
        #expect(unpublished.acknowledged([records[1].token]) == [7])
        #expect(unpublished.add([row(7, jobs: [1, 2])], at: .zero).count == 2, "adopted again, it is another sending")
    }

    @Test("a row without results that can be sent is not waited for")
    func emptyRows() {
        let unpublished = Unpublished()
        #expect(unpublished.add([row(7, jobs: [])], at: .zero) == [])
        #expect(unpublished.count == 0)
        #expect(unpublished.partlyAcknowledged == [])
    }
}
