import SessionCore
import Testing

@testable import Worker

@Suite("Position check")
struct PositionCheckTests {
    private static let place = TopicPartition(topic: "jobs", partition: 0)

    private func moved(accounted: Int64?, stop: Int64, stored: Int64?, floor: Int64 = 0) -> Bool {
        let check = PositionCheck(accounted: accounted.map { [Self.place: $0] } ?? [:], stopped: [Self.place: stop])
        #expect(check.partitions == [Self.place])
        return check.moved(stored.map { [Self.place: StoredPosition($0, floor: floor)] } ?? [:]) == [Self.place]
    }

    @Test("a stopped partition is taken up when its position was moved, and only then")
    func stoppedPartition() {
        #expect(moved(accounted: 5, stop: 5, stored: 9), "behind what cannot be read")
        #expect(moved(accounted: 5, stop: 5, stored: 0), "back, as in a topic that was made anew")
        #expect(moved(accounted: nil, stop: 0, stored: 1), "nothing had been taken in")
        #expect(moved(accounted: nil, stop: 0, stored: 0), "put at the first record, where nothing was stored before")
        #expect(moved(accounted: nil, stop: 9, stored: 0), "so was this, whatever Kafka had")
        #expect(!moved(accounted: 0, stop: 0, stored: 0), "it is taken up for ever")
        #expect(!moved(accounted: 5, stop: 5, stored: 5))
        #expect(!moved(accounted: 3, stop: 5, stored: 4), "what was read before the stop is being stored")
        #expect(!moved(accounted: nil, stop: 5, stored: 2), "so is this")
        #expect(!moved(accounted: nil, stop: 0, stored: nil))
        #expect(moved(accounted: 3, stop: 5, stored: 4, floor: 4), "an operator put it there")
        #expect(!moved(accounted: 4, stop: 5, stored: 4, floor: 4))
    }

    @Test("a partition of which the database forgot something is read again, unless it is stopped")
    func forgottenCommits() {
        let others = (1...3).map { TopicPartition(topic: "jobs", partition: $0) }
        let check = PositionCheck(
            accounted: [Self.place: 5, others[0]: 5, others[1]: 5, others[2]: 5],
            stopped: [others[2]: 5]
        )
        let known: [TopicPartition: Int64] = [Self.place: 5, others[0]: 4, others[2]: 4]
        let stored = known.mapValues { StoredPosition($0) }
        #expect(Dictionary(uniqueKeysWithValues: check.lost(stored)) == [others[0]: 5, others[1]: 5])
        #expect(check.moved(stored) == [others[2]])
        #expect(check.ahead(stored).isEmpty)
    }

    @Test("a partition that is read goes where an operator put its position ahead, and nowhere for its own progress")
    func aheadOfReading() {
        let others = (1...3).map { TopicPartition(topic: "jobs", partition: $0) }
        let check = PositionCheck(
            accounted: [Self.place: 5, others[0]: 5, others[1]: 5, others[2]: 5],
            stopped: [others[2]: 5]
        )
        let ahead = check.ahead([
            Self.place: StoredPosition(9, floor: 9), others[0]: StoredPosition(9, floor: 5),
            others[1]: StoredPosition(9), others[2]: StoredPosition(9, floor: 9),
        ])
        #expect(Dictionary(uniqueKeysWithValues: ahead) == [Self.place: 5])
    }
}
