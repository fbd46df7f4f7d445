import SessionCore
import Testing

@Suite("Account clock")
struct AccountClockTests {
    static let sent = Timestamp(seconds: 1_000_000)

    /// What an answer shows when the provider's clock is `ahead` of the database's and the call takes 40 ms.
    static func reading(ahead: Duration, at moment: Timestamp = sent) -> AccountClock.Reading {
        let elapsed = Duration.milliseconds(40)
        return .init(seconds: moment.advanced(by: ahead + elapsed / 2).seconds, sent: moment, elapsed: elapsed)
    }

    @Test("a reading bounds the difference, whatever the fraction of the second")
    func readingBounds() {
        for fraction in 0..<20 {
            for ahead in [-90_000, -1_300, -40, 0, 700, 15_250] {
                let moment = Self.sent.advanced(by: .milliseconds(fraction * 50))
                let reading = Self.reading(ahead: .milliseconds(ahead), at: moment)
                #expect(reading.least <= .milliseconds(ahead) && .milliseconds(ahead) <= reading.most)
            }
        }
    }

    @Test("a refused timestamp is signed again with what the answer showed, never in the provider's future")
    func signsAgain() {
        for fraction in 0..<20 {
            for ahead in [-29_500, -12_000, -1_300, 8_000, 29_000] {
                var clock = AccountClock(bound: .seconds(30))
                let moment = Self.sent.advanced(by: .milliseconds(fraction * 50))
                let step = clock.refused(
                    signedWith: .zero,
                    reading: Self.reading(ahead: .milliseconds(ahead), at: moment),
                    wasSignedAgain: false
                )
                guard clock.adjustment != .zero else { continue }
                #expect(step == .signAgain)
                #expect(clock.adjustment <= .milliseconds(ahead), "signed \(clock.adjustment) for \(ahead) ms")
                #expect(clock.adjustment >= .milliseconds(ahead) - .seconds(3))
            }
        }
    }

    @Test("a difference beyond the bound holds the account and is told")
    func beyondTheBound() {
        var clock = AccountClock(bound: .seconds(30))
        guard
            case .hold(let reason) = clock.refused(
                signedWith: .zero,
                reading: Self.reading(ahead: .seconds(-90)),
                wasSignedAgain: false
            )
        else {
            Issue.record("signed 90 s off")
            return
        }
        #expect(reason.contains("s behind the database's") && reason.contains("(30 s)"), "\(reason)")
        #expect(reason.contains("89.") || reason.contains("90."), "\(reason)")
        #expect(clock.adjustment == .zero)
    }

    @Test("a refusal of what the answer itself shows to be right holds the account: signing again would not help")
    func nothingNew() {
        var clock = AccountClock(bound: .seconds(30))
        let reading = Self.reading(ahead: .seconds(-10))
        #expect(clock.refused(signedWith: .zero, reading: reading, wasSignedAgain: false) == .signAgain)
        #expect(
            clock.refused(signedWith: .zero, reading: reading, wasSignedAgain: false) == .signAgain,
            "signed before that was known"
        )
        guard case .hold = clock.refused(signedWith: clock.adjustment, reading: reading, wasSignedAgain: false) else {
            Issue.record("signed again and again")
            return
        }
    }

    @Test(
        "a job is signed again once: refused once more, it holds the account, and the trial is signed by the new time"
    )
    func signsAgainOnce() {
        var clock = AccountClock(bound: .seconds(30))
        let first = clock.refused(signedWith: .zero, reading: Self.reading(ahead: .seconds(-6)), wasSignedAgain: false)
        #expect(first == .signAgain)
        let used = clock.adjustment
        let moved = Self.reading(ahead: .seconds(-15))
        guard case .hold(let reason) = clock.refused(signedWith: used, reading: moved, wasSignedAgain: true) else {
            Issue.record("signed a second time")
            return
        }
        #expect(reason.contains("s behind the database's") && reason.contains("signed again"), "\(reason)")
        #expect((Duration.seconds(-17)...(.seconds(-15))).contains(clock.adjustment), "\(clock.adjustment)")
        let late = clock.refused(signedWith: used, reading: moved, wasSignedAgain: true)
        #expect(late != .signAgain, "not even when another call found out meanwhile")
    }

    @Test("an answer without a time holds the account")
    func noTime() {
        var clock = AccountClock(bound: .seconds(30))
        guard case .hold(let reason) = clock.refused(signedWith: .zero, reading: nil, wasSignedAgain: false) else {
            Issue.record("signed again without knowing the time")
            return
        }
        #expect(reason.contains("no time"))
    }

    @Test("a provider that falls behind is followed before it refuses; one that runs ahead is let run")
    func followsBackwards() {
        var clock = AccountClock(bound: .seconds(30))
        #expect(clock.read(Self.reading(ahead: .seconds(-4)), at: .zero) == false)
        #expect((Duration.seconds(-6)...(.seconds(-4))).contains(clock.adjustment))
        clock = AccountClock(bound: .seconds(30))
        #expect(clock.read(Self.reading(ahead: .seconds(4)), at: .zero) == false)
        #expect(clock.adjustment == .zero)
    }

    @Test("a difference of more than five seconds is told once, and its end too")
    func warnsOnce() {
        var clock = AccountClock(bound: .seconds(30))
        #expect(clock.read(Self.reading(ahead: .seconds(7)), at: .zero) == true)
        #expect(clock.isFar)
        #expect(clock.read(Self.reading(ahead: .seconds(8)), at: .zero) == false)
        #expect(clock.read(Self.reading(ahead: .zero), at: .zero) == true)
        #expect(!clock.isFar)
    }

    @Test("what clock_offset makes good already is not made good twice", arguments: [-20, -1, 0, 15])
    func offset(seconds: Int) {
        let offset = Duration.seconds(seconds)
        for millisecond in stride(from: 0, to: 1_000, by: 50) {
            var clock = AccountClock(bound: .seconds(30), offset: offset)
            let moment = Self.sent.advanced(by: .milliseconds(millisecond))
            // A second ahead of what is signed: right.
            let right = Self.reading(ahead: offset + .seconds(1), at: moment)
            _ = clock.read(right, at: .zero)
            #expect(clock.adjustment == .zero)
            _ = clock.refused(
                signedWith: .zero,
                reading: Self.reading(ahead: offset - .seconds(5), at: moment),
                wasSignedAgain: false
            )
            #expect((Duration.seconds(-8)...(.seconds(-5))).contains(clock.adjustment), "\(clock.adjustment)")
        }
    }

    @Test("one answer of a clock that is far off moves nothing")
    func absurdReading() {
        var clock = AccountClock(bound: .seconds(30))
        _ = clock.read(Self.reading(ahead: .seconds(-3_600)), at: .zero)
        #expect(clock.adjustment == .zero)
    }

    @Test("once the provider's clock is mended, signing times go back, but not for an answer or two")
    func goesBack() {
        var clock = AccountClock(bound: .seconds(30))
        _ = clock.refused(signedWith: .zero, reading: Self.reading(ahead: .seconds(-12)), wasSignedAgain: false)
        let far = clock.adjustment
        #expect(far < .seconds(-11))
        for second in 0..<300 where clock.adjustment == far {
            // Until half a minute ago one of its machines was still wrong.
            let ahead: Duration = second < 30 && second.isMultiple(of: 7) ? .seconds(-12) : .zero
            _ = clock.read(Self.reading(ahead: ahead), at: .seconds(second))
            #expect(second >= 60 || clock.adjustment == far)
        }
        #expect((Duration.seconds(-2)...(.zero)).contains(clock.adjustment), "\(clock.adjustment)")
    }

    @Test("signing times never go back beyond what every answer of the last while allows")
    func goesBackNoFurther() {
        var clock = AccountClock(bound: .seconds(30))
        _ = clock.refused(signedWith: .zero, reading: Self.reading(ahead: .seconds(-12)), wasSignedAgain: false)
        for second in 0..<600 {
            let ahead: Duration = second.isMultiple(of: 50) ? .seconds(-7) : .seconds(3)
            _ = clock.read(Self.reading(ahead: ahead), at: .seconds(second))
            #expect(clock.adjustment <= .seconds(-7))
        }
        #expect(clock.adjustment >= .seconds(-9))
    }
}
