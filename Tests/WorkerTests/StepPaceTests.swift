import SessionCore
import Testing

@testable import Worker

@Suite("The pace of a step")
struct StepPaceTests {
    private let pace = StepPace(interval: .milliseconds(6), full: 100)

    private func rest(after began: Duration, count: Int = 1, now: Duration) -> Duration {
        pace.rest(after: StepPace.Batch(began: began, count: count), now: now)
    }

    @Test("after a short batch the step rests for what is left of the interval")
    func rests() {
        #expect(rest(after: .seconds(5), count: 99, now: .seconds(5) + .milliseconds(2)) == .milliseconds(4))
    }

    @Test("a batch that is as long ago as the interval, or longer, is followed at once")
    func goesOn() {
        #expect(rest(after: .seconds(5), now: .seconds(5) + .milliseconds(6)) == .zero)
        #expect(rest(after: .seconds(5), now: .seconds(9)) == .zero)
    }

    @Test("a full batch is followed at once")
    func isFull() {
        #expect(rest(after: .seconds(5), count: 100, now: .seconds(5)) == .zero)
    }

    @Test("no rest is longer than the interval, whatever the clock says")
    func isBounded() {
        #expect(rest(after: .seconds(5), now: .seconds(4)) == .milliseconds(6))
    }
}
