import SessionCore
import Testing

@testable import Worker

/// A clock of the database that is set, drifts, or is told late.
@Suite("Database clock")
struct DatabaseClockTests {
    static let start = Timestamp(seconds: 1_000_000)
    private static let reply = Duration.milliseconds(2)

    /// A clock that was told the time at the uptime zero.
    private func started(stepMax: Duration? = .seconds(10)) -> DatabaseClock {
        var clock = DatabaseClock(wall: Self.start.advanced(by: .seconds(-3_600)), stepMax: stepMax)
        #expect(clock.learn(Self.start, asked: .zero, received: Self.reply) == nil)
        return clock
    }

    /// It shows `ahead` more than the time that has passed.
    private func learn(
        _ clock: inout DatabaseClock,
        at uptime: Duration,
        ahead: Duration = .zero,
        reply: Duration = Self.reply
    ) -> Duration? {
        clock.learn(Self.start.advanced(by: uptime + ahead), asked: uptime, received: uptime + reply)
    }

    @Test("a clock that goes on evenly, or drifts a little, has always done so")
    func drift() {
        var clock = started()
        for second in 1...7_200 {
            let drift = Duration.microseconds(second * 50)
            #expect(learn(&clock, at: .seconds(second), ahead: drift) == nil)
        }
        #expect(clock.steadySince == nil)
    }

    @Test("a clock that is slewed by as much as a daemon does has gone on evenly")
    func slewing() {
        var clock = started()
        for second in 1...600 {
            #expect(learn(&clock, at: .seconds(second), ahead: .milliseconds(second * 83)) == nil)
        }
        #expect(clock.steadySince == nil)
    }

    @Test("the first guess of the time is no answer of the database's")
    func firstGuess() {
        #expect(started().steadySince == nil)
    }

    @Test("a clock that is set ahead is told of once, and is steady from the answer that showed it")
    func setAhead() {
        var clock = started()
        let step = learn(&clock, at: .seconds(5), ahead: .seconds(300))
        #expect((step ?? .zero) > .seconds(299) && (step ?? .zero) <= .seconds(300))
        for second in 6..<200 {
            #expect(learn(&clock, at: .seconds(second), ahead: .seconds(300)) == nil)
        }
        let seen = Self.start.advanced(by: .seconds(305))
        let since = clock.steadySince ?? Self.start
        #expect(since >= seen && since <= seen.advanced(by: .milliseconds(10)))
        #expect(clock.now(at: .seconds(205)) >= Self.start.advanced(by: .seconds(504)))
    }

    @Test("an answer that was long under way is no step, and hides none")
    func lateAnswers() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(1), reply: .seconds(14)) == nil)
        #expect(learn(&clock, at: .seconds(16)) == nil)
        // Set while an answer was under way that comes late, when the last bound is old.
        #expect(learn(&clock, at: .seconds(90), ahead: .seconds(14), reply: .seconds(14)) == nil)
        #expect(learn(&clock, at: .seconds(105), ahead: .seconds(14)) != nil)
    }

    @Test("an answer that was long under way tells an old time, and does not move what is known")
    func stalledAnswers() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(1)) == nil)
        let known = clock.now(at: .seconds(9))
        #expect(learn(&clock, at: .seconds(2), reply: .seconds(7)) == nil)
        #expect(clock.now(at: .seconds(9)) == known)
    }

    @Test("a provider's clock that agrees is not called far away after a commit that stalled")
    func stalledCommit() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(2), reply: .seconds(7)) == nil)
        var account = AccountClock(bound: .seconds(30))
        let seconds = Self.start.seconds + 9
        let reading = AccountClock.Reading(seconds: seconds, sent: clock.now(at: .seconds(9)), elapsed: .zero)
        let isNews = account.read(reading, at: .seconds(9))
        #expect(!isNews && !account.isFar)
    }

    @Test("a first answer that was long under way is mended by a quick one")
    func stalledFirstAnswer() {
        var clock = DatabaseClock(wall: Self.start, stepMax: .seconds(10))
        #expect(learn(&clock, at: .seconds(1), reply: .seconds(7)) == nil)
        #expect(clock.now(at: .seconds(8)) == Self.start.advanced(by: .seconds(1)))
        #expect(learn(&clock, at: .seconds(9)) == nil)
        #expect(clock.now(at: Duration.seconds(9) + Self.reply) == Self.start.advanced(by: .seconds(9)))
    }

    @Test("a clock that is set back while an answer is under way is followed as far as that answer shows it")
    func setBackUnderWay() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(2), ahead: .seconds(-300), reply: .seconds(7)) == nil)
        #expect(clock.now(at: .seconds(9)) == Self.start.advanced(by: .seconds(-291)))
        #expect(learn(&clock, at: .seconds(10), ahead: .seconds(-303)) == nil)
        let late = clock.now(at: .seconds(10)).duration(to: Self.start.advanced(by: .seconds(-293)))
        #expect(late >= .zero && late <= Self.reply)
    }

    @Test("clocks that drift apart for an hour stay as near as answers are quick", arguments: [-50, 50])
    func followsDrift(microsecondsPerSecond: Int) {
        var clock = started()
        for second in 1...3_600 {
            let drift = Duration.microseconds(second * microsecondsPerSecond)
            #expect(learn(&clock, at: .seconds(second), ahead: drift) == nil)
            let shown = Self.start.advanced(by: Duration.seconds(second) + drift)
            let late = clock.now(at: .seconds(second)).duration(to: shown)
            #expect(late >= .zero && late <= Self.reply)
        }
    }

    @Test("an answer to a question of before the step was seen does not show it a second time")
    func crossingAnswers() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(5), ahead: .seconds(300)) != nil)
        #expect(clock.learn(Self.start.advanced(by: .seconds(4)), asked: .seconds(4), received: .seconds(6)) == nil)
        #expect(learn(&clock, at: .seconds(7), ahead: .seconds(300)) == nil)
    }

    @Test("a clock that is set back is followed, and told of when it is set ahead again")
    func setBack() {
        var clock = started()
        #expect(learn(&clock, at: .seconds(5), ahead: .seconds(-300)) == nil)
        #expect(clock.steadySince == nil)
        #expect(clock.now(at: .seconds(6)) < Self.start.advanced(by: .seconds(-290)))
        #expect(learn(&clock, at: .seconds(7)) != nil)
    }

    @Test("many small steps are seen together")
    func smallSteps() {
        var clock = started()
        let steps = (1...4).map { learn(&clock, at: .seconds($0 * 5), ahead: .seconds($0 * 4)) }
        #expect(steps.map { $0 != nil } == [false, false, true, false])
    }

    @Test("a clock that may be set at will is believed")
    func atWill() {
        var clock = started(stepMax: nil)
        #expect(learn(&clock, at: .seconds(5), ahead: .seconds(300)) == nil)
        #expect(clock.steadySince == nil)
    }
}
