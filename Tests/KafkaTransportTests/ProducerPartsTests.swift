import Testing

@testable import KafkaTransport

/// What the producer's thread decides with.
@Suite struct ProducerPartsTests {
    @Test func theFirstRecordAfterARestGoesAtOnce() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        #expect(pace.wait(records: 1, now: start) == 0)
        pace.handedOver(records: 1, partitions: 64, now: start)
        #expect(pace.wait(records: 1, now: start + .milliseconds(9)) == 0)
    }

    @Test func whatFollowsSoonWaitsForTheRestOfTheInterval() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        pace.handedOver(records: 100, partitions: 16, now: start)
        #expect(pace.wait(records: 1, now: start) == 8)
        #expect(pace.wait(records: 500, now: start + .milliseconds(3)) == 5)
        // Rounded up: a wait of 0 would turn the thread in circles.
        #expect(pace.wait(records: 1, now: start + .microseconds(7_900)) == 1)
        #expect(pace.wait(records: 1, now: start + .milliseconds(8)) == 0)
    }

    @Test(arguments: [(100, 1, 2), (100, 12, 6), (100, 64, 8), (9, 64, 4), (1, 64, 2)])
    func theMoreRequestsAGroupWasTheLongerTheNextIsGathered(records: Int, partitions: Int, wait: Int32) {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        pace.handedOver(records: records, partitions: partitions, now: start)
        #expect(pace.wait(records: 1, now: start) == wait)
    }

    @Test func aLargeGroupDoesNotWait() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        pace.handedOver(records: 1_000, partitions: 64, now: start)
        #expect(pace.wait(records: 1_000, now: start) == 0)
    }

    @Test func aLineGivesItsRecordsInTheirOrderAndKeepsWhatWasNotTaken() {
        var line = HandOverLine()
        #expect(line.wait(now: .now) == nil)
        line.append(contentsOf: [Self.record(1), Self.record(2)])
        #expect(line.wait(now: .now) == 0)
        #expect(line.first?.id == 1)
        line.removeFirst()
        line.append(contentsOf: [Self.record(3)])
        #expect(line.waiting.map(\.id) == [2, 3])
        for _ in 0..<2 { line.removeFirst() }
        #expect(line.count == 0 && line.first == nil)
        line.append(contentsOf: [Self.record(4)])
        #expect(line.waiting.map(\.id) == [4])
    }

    @Test func aLineThatIsNeverEmptyKeepsNotAllThatEverStoodInIt() {
        var line = HandOverLine()
        line.append(contentsOf: (0..<3_000).map { Self.record($0) })
        for _ in 0..<2_500 { line.removeFirst() }
        #expect(line.waiting.map(\.id) == Array(2_500..<3_000))
        #expect(line.waiting.startIndex < 1_500, "what was handed over is there still")
    }

    @Test func urgentRecordsHaveALineOfTheirOwnAndGoFirst() {
        let exchange = ProducerExchange()
        #expect(exchange.send([Self.record(1)]))
        #expect(exchange.send([Self.record(2)], areUrgent: true))
        var lines = HandOverLines()
        lines.take(exchange.turn(before: .deep))
        #expect(lines[.others].waiting.map(\.id) == [1])
        #expect(lines[.urgent].waiting.map(\.id) == [2])
        #expect(HandOverLines.Kind.allCases.first == .urgent)
        #expect(lines.waiting.count == 2 && !lines.isEmpty)
        lines.take(exchange.turn(before: .deep))
        #expect(lines.waiting.count == 2, "each is taken once")
        lines[.urgent].handedOver(records: 1, partitions: 64, now: .now)
        #expect(lines[.others].wait(now: .now) == 0, "neither waits for the other's time")
    }

    @Test func whoWaitsForOthersIsWokenForWhatIsUrgentAlone() {
        let nothing = ProducerExchange.Turn(records: [], urgent: [], deadline: nil, isToFail: false)
        let urgent = ProducerExchange.Turn(records: [], urgent: [Self.record(1)], deadline: nil, isToFail: false)
        let others = ProducerExchange.Turn(records: [Self.record(1)], urgent: [], deadline: nil, isToFail: false)
        #expect(ProducerSleep(urgent: 0, others: 0).with(nothing) == .light)
        #expect(ProducerSleep(urgent: 0, others: 0).with(others) == .unlessUrgent)
        #expect(ProducerSleep(urgent: 0, others: 3).with(nothing) == .unlessUrgent)
        #expect(ProducerSleep(urgent: 0, others: 3).with(urgent) == .deep)
        #expect(ProducerSleep(urgent: 2, others: 0).with(others) == .deep)
        #expect(ProducerSleep.light.isEnded(byUrgent: false) && ProducerSleep.light.isEnded(byUrgent: true))
        #expect(!ProducerSleep.unlessUrgent.isEnded(byUrgent: false))
        #expect(ProducerSleep.unlessUrgent.isEnded(byUrgent: true))
        #expect(!ProducerSleep.deep.isEnded(byUrgent: true))
    }

    private static func record(_ id: Int64) -> OutgoingRecord {
        OutgoingRecord(id: id, content: .record(NewRecord(topic: "results", key: [], value: [])))
    }

    @Test func eachTokenStandsForItsRecordUntilItIsRemoved() {
        var records = RecordsInFlight()
        let first = records.insert(10)
        let second = records.insert(20)
        #expect(first != second && first != 0 && second != 0)
        let removed = records.remove(first)
        #expect(removed == 10)
        let again = records.remove(first)
        #expect(again == nil, "a second report of one record")
        // The place is used again, for one record.
        let third = records.insert(30)
        #expect(third == first)
        #expect(records.count == 2)
        let left = records.removeAll()
        #expect(Set(left) == [20, 30])
        #expect(records.isEmpty)
        let late = records.remove(second)
        #expect(late == nil)
    }

    @Test func manyRecordsComeAndGoInAnyOrder() {
        var records = RecordsInFlight()
        var tokens: [UInt: Int64] = [:]
        for id in Int64(0)..<5_000 {
            let token = records.insert(id)
            #expect(tokens.updateValue(id, forKey: token) == nil, "a token was given twice")
            if id % 3 != 0, let (token, known) = tokens.randomElement() {
                let removed = records.remove(token)
                #expect(removed == known)
                tokens[token] = nil
            }
        }
        let left = records.removeAll()
        #expect(left.sorted() == tokens.values.sorted())
    }

    @Test func tokensThatWereNeverGivenStandForNothing() {
        var records = RecordsInFlight()
        for token in [0, 1, UInt(Int.max)] {
            let removed = records.remove(token)
            #expect(removed == nil)
        }
    }
}
