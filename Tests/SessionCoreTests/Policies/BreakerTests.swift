import SessionCore
import Testing

@Suite("Breaker")
struct BreakerTests {
    private func tripped() -> Breaker {
        var breaker = Breaker(
            policy: .init(window: 4, failureShare: 0.5, openFor: .seconds(1), openForMax: .seconds(4))
        )
        for isFailure in [false, true, false, true] {
            _ = breaker.callEnded(isFailure: isFailure, at: .seconds(10))
        }
        return breaker
    }

    @Test("it opens when half of a full window failed, not before the window is full")
    func opensOnAFullWindow() {
        var breaker = Breaker(
            policy: .init(window: 4, failureShare: 0.5, openFor: .seconds(1), openForMax: .seconds(4))
        )
        #expect(breaker.callEnded(isFailure: true, at: .zero) == false)
        #expect(breaker.callEnded(isFailure: true, at: .zero) == false)
        #expect(breaker.permit(at: .zero) == .all)
        #expect(breaker.callEnded(isFailure: false, at: .zero) == false)
        #expect(breaker.callEnded(isFailure: false, at: .zero) == true)
        #expect(breaker.permit(at: .milliseconds(999)) == .none)
        #expect(breaker.permit(at: .seconds(1)) == .oneProbe)
    }

    @Test("one probe at a time; its success closes, its failure doubles the wait up to the cap")
    func probes() {
        var breaker = tripped()
        var moment = Duration.seconds(11)
        for wait in [2, 4, 4] {
            #expect(breaker.permit(at: moment) == .oneProbe)
            breaker.probeStarted()
            #expect(breaker.permit(at: moment) == .none)
            #expect(breaker.callEnded(isFailure: true, at: moment) == false)
            #expect(breaker.permit(at: moment + .seconds(wait) - .milliseconds(1)) == .none)
            moment += .seconds(wait)
        }
        breaker.probeStarted()
        #expect(breaker.callEnded(isFailure: false, at: moment) == true)
        #expect(breaker.permit(at: moment) == .all)
    }

    @Test("an abandoned probe leaves the way free for another")
    func abandonedProbe() {
        var breaker = tripped()
        breaker.probeStarted()
        breaker.probeAbandoned(at: .seconds(12))
        #expect(breaker.permit(at: .seconds(12)) == .oneProbe)
    }

    @Test("answers to calls from before the opening change nothing")
    func lateAnswers() {
        var breaker = tripped()
        #expect(breaker.callEnded(isFailure: false, at: .seconds(10)) == false)
        #expect(breaker.permit(at: .milliseconds(10_500)) == .none)
    }
}
