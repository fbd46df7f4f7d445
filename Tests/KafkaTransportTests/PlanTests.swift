import SessionCore
import Testing

@testable import KafkaTransport

@Suite struct PlanTests {
    private let place = TopicPartition(topic: "jobs", partition: 3)

    @Test(arguments: [
        (Int64?(7), Int64?(5), Int64?(5)), (5, 7, 5), (nil, 7, 7), (7, nil, 7), (nil, nil, nil), (0, 3, 0),
    ])
    func readingStartsAtTheSmallerPosition(_ committed: Int64?, _ stored: Int64?, _ start: Int64?) {
        let starts = StartPlan.starts(
            of: [place],
            committed: committed.map { [place: $0] } ?? [:],
            stored: stored.map { [place: StoredPosition($0)] } ?? [:]
        )
        #expect(starts == [place: start])
    }

    @Test(arguments: [(Int64?(5), Int64(9)), (9, 9), (12, 10), (nil, 10)])
    func readingStartsNowhereBeforeWhereAnOperatorPutIt(_ committed: Int64?, _ start: Int64) {
        let starts = StartPlan.starts(
            of: [place],
            committed: committed.map { [place: $0] } ?? [:],
            stored: [place: StoredPosition(10, floor: 9)]
        )
        #expect(starts == [place: start])
    }

    @Test func commitsGoOneAtATimeAndOnlyTheNewest() {
        var ledger = CommitLedger()
        ledger.report(place, next: 5)
        let first = ledger.takeForSending()
        #expect(first == [PartitionOffset(partition: place, offset: 5)])
        ledger.report(place, next: 9)
        ledger.report(place, next: 7)
        let got1 = ledger.takeForSending()
        #expect(got1 == nil)
        ledger.finished(first ?? [], failed: [])
        let got2 = ledger.takeForSending()
        #expect(got2 == [PartitionOffset(partition: place, offset: 9)])
    }

    @Test func aFailedCommitIsRepeatedUnlessANewerOneWaits() {
        var ledger = CommitLedger()
        ledger.report(place, next: 5)
        let first = ledger.takeForSending() ?? []
        ledger.finished(first, failed: [place])
        let got3 = ledger.takeForSending()
        #expect(got3 == first)
        ledger.report(place, next: 6)
        ledger.finished(first, failed: [place])
        let got4 = ledger.takeForSending()
        #expect(got4?.first?.offset == 6)
    }

    @Test func aCommitThatGoesBackIsNotSent() {
        var ledger = CommitLedger()
        ledger.report(place, next: 5)
        ledger.finished(ledger.takeForSending() ?? [], failed: [])
        ledger.report(place, next: 4)
        ledger.report(place, next: 5)
        #expect(ledger.isIdle)
        ledger.rewind(place)
        ledger.report(place, next: 4)
        let got5 = ledger.takeForSending()
        #expect(got5?.first?.offset == 4)
    }

    @Test func theAnswerToACommitOfAnEarlierAssignmentIsPassedOver() {
        var ledger = CommitLedger()
        ledger.report(place, next: 5)
        let old = ledger.takeForSending() ?? []
        ledger.revoke()
        ledger.report(place, next: 8)
        let new = ledger.takeForSending() ?? []
        ledger.finished(old, failed: [])
        #expect(!ledger.isIdle)
        ledger.finished(new, failed: [])
        #expect(ledger.isIdle)
    }

    @Test func aStoppedPartitionTakesNothingMore() {
        var reading = PartitionReading()
        reading.assign([place: 3])
        let got6 = reading.took(place, offset: 2)
        #expect(!got6)
        let got7 = reading.took(place, offset: 3)
        #expect(got7)
        let got8 = reading.took(place, offset: 3)
        #expect(!got8)
        #expect(reading.next(of: place) == 4)
        let got9 = reading.damaged(place)
        #expect(got9 == 1)
        let got10 = reading.damaged(place)
        #expect(got10 == 2)
        let got11 = reading.stop(place)
        #expect(got11)
        let got12 = reading.stop(place)
        #expect(!got12)
        let got13 = reading.took(place, offset: 4)
        #expect(!got13)
        reading.assign([place: 4])
        let got14 = reading.took(place, offset: 4)
        #expect(got14)
    }

    @Test func anErrorAboutAPositionThatAPartitionIsNotReadFromDoesNotStopIt() {
        var reading = PartitionReading()
        reading.assign([place: 3])
        #expect(reading.fault(of: place, at: 3) == .gone)
        #expect(reading.fault(of: place, at: 1_000) == .outdated)
        #expect(reading.fault(of: place, at: 2) == .outdated)
        #expect(reading.fault(of: place, at: -2) == .outdated, "the beginning, where it was read from before")
        #expect(reading.fault(of: place, at: -1_001) == .gone, "a log that was cut")
        let hasTaken = reading.took(place, offset: 3)
        #expect(hasTaken)
        #expect(reading.fault(of: place, at: 3) == .outdated)
        #expect(reading.fault(of: place, at: 4) == .gone)
        let hasStopped = reading.stop(place)
        #expect(hasStopped)
        #expect(reading.fault(of: place, at: 4) == .irrelevant)
        reading.assign([place: nil])
        #expect(reading.fault(of: place, at: -2) == .noBeginning)
        #expect(reading.fault(of: place, at: 4) == .noBeginning, "retention was faster than the first record")
        reading.assign([:])
        #expect(reading.fault(of: place, at: 4) == .irrelevant)
    }
}
