import Testing

@testable import KafkaTransport

/// When the polling thread rests, and when it tells Kafka what is stored.
@Suite struct ReadingPaceTests {
    private let start = ContinuousClock.now

    @Test func aRoundThatBroughtSomethingRestsForWhatIsLeftOfItsInterval() {
        #expect(ReadingPace.rest(after: start, now: start + .milliseconds(1)) == .milliseconds(2))
    }

    @Test func aRoundThatTookLongIsFollowedAtOnce() {
        #expect(ReadingPace.rest(after: start, now: start + .milliseconds(3)) == .zero)
        #expect(ReadingPace.rest(after: start, now: start + .seconds(1)) == .zero)
    }

    @Test func theFirstCommitGoesAtOnceAndTheNextAfterTheInterval() {
        var pace = ReadingPace()
        #expect(pace.mayCommit(now: start))
        pace.committed(now: start)
        #expect(!pace.mayCommit(now: start + .milliseconds(99)))
        #expect(pace.mayCommit(now: start + .milliseconds(100)))
    }
}
