import SessionCore
import Testing

@testable import Worker

@Suite("The pace of a step")
struct StepPaceTests {
    private let pace = StepPace(interval: .milliseconds(6))

    @Test("after a short batch the step rests for what is left of the interval")
    func rests() {
        #expect(pace.rest(after: .seconds(5), now: .seconds(5) + .milliseconds(2)) == .milliseconds(4))
    }

    @Test("a batch that took as long as the interval, or longer, is followed at once")
    func goesOn() {
        #expect(pace.rest(after: .seconds(5), now: .seconds(5) + .milliseconds(6)) == .zero)
        #expect(pace.rest(after: .seconds(5), now: .seconds(9)) == .zero)
    }

    @Test("no rest is longer than the interval, whatever the clock says")
    func isBounded() {
        #expect(pace.rest(after: .seconds(5), now: .seconds(4)) == .milliseconds(6))
    }
}
