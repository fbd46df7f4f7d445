import SessionCore
import Testing

@testable import KafkaTransport

@Suite struct TakeUpsTests {
    private let places = (0..<3).map { TopicPartition(topic: "jobs", partition: $0) }
    private let start = ContinuousClock.now

    @Test func whatComesWithinAMomentSharesOne() {
        var takeUps = TakeUps()
        let none = takeUps.take(now: start)
        #expect(none == nil)
        takeUps.wantStore(of: places[0], now: start)
        takeUps.doubt(places[1], now: start + TakeUps.gathering / 2)
        takeUps.wantStore(of: places[2], now: start + TakeUps.gathering / 2)
        let early = takeUps.take(now: start + TakeUps.gathering / 2)
        #expect(early == nil)
        let due = takeUps.take(now: start + TakeUps.gathering)
        #expect(due == TakeUps.Due(fromStore: [places[0], places[2]], doubtful: [places[1]]))
        let again = takeUps.take(now: start + TakeUps.gathering * 2)
        #expect(again == nil, "it is taken up for ever")
    }

    @Test func whatIsGivenBackIsNotTakenUp() {
        var takeUps = TakeUps()
        takeUps.wantStore(of: places[0], now: start)
        takeUps.revoke()
        let due = takeUps.take(now: start + TakeUps.gathering)
        #expect(due == nil)
    }

    @Test func aBeginningIsAskedForAfterASecondAndLaterEachTimeAMinuteAtMost() {
        var takeUps = TakeUps()
        var now = start
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let count = takeUps.beginningFailed(of: places[0], now: now)
            #expect(count > 0)
            let early = takeUps.take(now: now + .seconds(seconds) - .milliseconds(1))
            #expect(early == nil)
            now = now + .seconds(seconds)
            let due = takeUps.take(now: now)
            #expect(due == TakeUps.Due(beginnings: [places[0]]), "after \(seconds) s")
            // The assignment is taken up anew.
            takeUps.revoke()
        }
        let count = takeUps.beginningFailed(of: places[0], now: now)
        #expect(count == 9)
    }
}
