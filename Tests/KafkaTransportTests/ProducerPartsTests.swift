import Testing

@testable import KafkaTransport

/// What the producer's thread decides with.
@Suite struct ProducerPartsTests {
    @Test func theFirstRecordAfterARestGoesAtOnce() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        #expect(pace.wait(records: 1, now: start) == 0)
        pace.handedOver(now: start)
        #expect(pace.wait(records: 1, now: start + .milliseconds(9)) == 0)
    }

    @Test func whatFollowsSoonWaitsForTheRestOfTheInterval() {
        var pace = HandOverPace()
        pace.delivered(to: 15)
        let start = ContinuousClock.now
        pace.handedOver(now: start)
        #expect(pace.wait(records: 1, now: start) == 8)
        #expect(pace.wait(records: 500, now: start + .milliseconds(3)) == 5)
        // Rounded up: a wait of 0 would turn the thread in circles.
        #expect(pace.wait(records: 1, now: start + .microseconds(7_900)) == 1)
        #expect(pace.wait(records: 1, now: start + .milliseconds(8)) == 0)
    }

    @Test func theMorePartitionsTheLongerIsGatheredWithinBounds() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        pace.handedOver(now: start)
        #expect(pace.wait(records: 1, now: start) == 2)
        pace.delivered(to: 11)
        pace.delivered(to: 3)
        #expect(pace.wait(records: 1, now: start) == 6)
        pace.delivered(to: 63)
        #expect(pace.wait(records: 1, now: start) == 8)
    }

    @Test func aLargeGroupDoesNotWait() {
        var pace = HandOverPace()
        let start = ContinuousClock.now
        pace.handedOver(now: start)
        #expect(pace.wait(records: 1_000, now: start) == 0)
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
