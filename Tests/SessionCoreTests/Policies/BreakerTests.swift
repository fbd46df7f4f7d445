import SessionCore
import Testing

@Suite("Breaker")
struct BreakerTests {
    private let policy = Breaker.Policy(
        failures: 3,
        window: .seconds(10),
        openFor: .seconds(5),
        probeInterval: .seconds(1)
    )

    private func tripped() -> Breaker {
        var breaker = Breaker(policy: policy)
        for _ in 0..<3 { _ = breaker.callEnded(isFailure: true, at: .seconds(10)) }
        return breaker
    }

    @Test("it opens at the third failure within the window and waits before it tries again")
    func opens() {
        var breaker = Breaker(policy: policy)
        #expect(breaker.callEnded(isFailure: true, at: .zero) == false)
        #expect(breaker.callEnded(isFailure: true, at: .seconds(4)) == false)
        #expect(breaker.permit(at: .seconds(4)) == .all)
        #expect(breaker.callEnded(isFailure: true, at: .seconds(8)) == true)
        #expect(breaker.permit(at: .milliseconds(12_999)) == .none)
        #expect(breaker.permit(at: .seconds(13)) == .oneProbe)
    }

    @Test("failures that are spread wider than the window do not open it")
    func oldFailuresAreForgotten() {
        var breaker = Breaker(policy: policy)
        for second in stride(from: 0, to: 100, by: 5) {
            #expect(breaker.callEnded(isFailure: true, at: .seconds(second)) == false)
        }
    }

    @Test("a minority of failures does not open it, however many they are")
    func minorityDoesNotOpen() {
        var breaker = Breaker(policy: policy)
        for call in 0..<1_000 {
            #expect(breaker.callEnded(isFailure: call % 3 == 2, at: .milliseconds(call)) == false)
        }
    }

    @Test("one trial call at a time; its failure waits the interval, its success closes")
    func probes() {
        var breaker = tripped()
        var moment = Duration.seconds(15)
        for _ in 0..<3 {
            #expect(breaker.permit(at: moment) == .oneProbe)
            breaker.probeStarted()
            #expect(breaker.permit(at: moment) == .none)
            #expect(breaker.callEnded(isFailure: true, at: moment) == false)
            #expect(breaker.permit(at: moment + .milliseconds(999)) == .none)
            moment += .seconds(1)
        }
        breaker.probeStarted()
        #expect(breaker.callEnded(isFailure: false, at: moment) == true)
        #expect(breaker.permit(at: moment) == .all)
    }

    @Test("an abandoned trial call leaves the way free for another")
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
