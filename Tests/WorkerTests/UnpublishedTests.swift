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

    @Test("what was given back is not sent again, and is done when the producer delivers all of it after all")
    func givenBack() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2]), row(8, jobs: [3])], at: .seconds(1))
        unpublished.gaveBack(unpublished.owned)
        #expect(unpublished.oldest == nil)
        #expect(unpublished.owned.outboxIDs == [])
        #expect(unpublished.acknowledged([records[0].token]) == [])
        #expect(unpublished.acknowledged([records[1].token]) == [7])
        unpublished.failed([records[2].token])
        #expect(unpublished.takeFailed() == [])
        #expect(unpublished.count == 0)
        let again = unpublished.add([row(8, jobs: [3])], at: .seconds(9))
        #expect(again.map(\.result.orderID) == ["o-3"], "taken over again, it is another sending")
        #expect(unpublished.oldest == .seconds(9))
    }

    @Test("the row that has waited for longest is given back first, and the others are this worker's still")
    func oldestFirst() {
        let unpublished = Unpublished()
        _ = unpublished.add([row(7, jobs: [1])], at: .seconds(2))
        let oldest = unpublished.add([row(8, jobs: [2, 3])], at: .seconds(1))
        let first = unpublished.owned.first
        #expect(first.outboxIDs == [8])
        #expect(first.oldest == oldest[0])
        unpublished.gaveBack(first)
        #expect(unpublished.owned.outboxIDs == [7])
        #expect(unpublished.oldest == .seconds(2))
    }

    @Test("a row that is taken over again while the producer has it is not sent twice")
    func takenOverAgain() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2])], at: .seconds(1))
        unpublished.gaveBack(unpublished.owned)
        #expect(unpublished.add([row(7, jobs: [1, 2])], at: .seconds(9)) == [])
        #expect(unpublished.oldest == .seconds(1))
        unpublished.failed([records[0].token])
        #expect(unpublished.takeFailed() == [records[0]], "it is this worker's again")
        #expect(unpublished.acknowledged(records.map(\.token)) == [7])
    }

    @Test("a row of which a part had failed when it was given back is forgotten: the producer has not all of it")
    func givenBackWhenFailed() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2])], at: .zero)
        unpublished.failed([records[0].token])
        unpublished.gaveBack(unpublished.owned)
        #expect(unpublished.count == 0)
        #expect(unpublished.takeFailed() == [])
        #expect(unpublished.acknowledged([records[1].token]) == [])
    }

    @Test("parts that were taken out of their rows are taken out once")
    func partsTakenOut() {
        let unpublished = Unpublished()
        let records = unpublished.add([row(7, jobs: [1, 2, 3])], at: .zero)
        _ = unpublished.acknowledged([records[0].token])
        let parts = unpublished.owned.parts
        #expect(parts == [PartlyPublished(outboxID: 7, acknowledged: [.job(1)])])
        _ = unpublished.acknowledged([records[1].token])
        unpublished.tookOut(parts)
        #expect(unpublished.owned.parts == [PartlyPublished(outboxID: 7, acknowledged: [.job(2)])])
        #expect(unpublished.acknowledged([records[2].token]) == [7])
    }

    @Test("the oldest of what was given back is sent once more when the producer has nothing left")
    func copies() {
        let unpublished = Unpublished()
        #expect(unpublished.takeCopy() == nil)
        let late = unpublished.add([row(7, jobs: [1])], at: .seconds(2))
        let first = unpublished.add([row(8, jobs: [2, 3])], at: .seconds(1))
        unpublished.gaveBack(unpublished.owned)
        #expect(unpublished.takeCopy() == nil, "of what the producer has it will be heard")
        unpublished.failed([late[0].token, first[1].token])
        let copy = unpublished.takeCopy()
        #expect(copy?.result == first[0].result)
        #expect(unpublished.takeCopy() == nil, "one at a time")
        unpublished.failed([copy?.token ?? 0])
        let next = unpublished.takeCopy()
        #expect(next?.result == first[0].result)
        #expect(next?.token != copy?.token)
        #expect(unpublished.acknowledged([next?.token ?? 0]) == [])
        #expect(unpublished.takeFailed() == [])
        #expect(unpublished.count == 0)
    }
}
