import Testing

@testable import Worker

/// When leases may be ended.
@Suite("Life signs")
struct LifeSignsTests {
    private let lifeSigns = LifeSigns()

    /// Gives life signs from one second to another, as often as a worker does.
    private func give(from start: Int, to end: Int) {
        for second in stride(from: start, through: end, by: 3) { lifeSigns.given(at: .seconds(second)) }
    }

    @Test("a worker that has just started ends none: others may be back from the same outage")
    func start() {
        #expect(!lifeSigns.areSteady(at: .seconds(20)))
        give(from: 20, to: 29)
        #expect(!lifeSigns.areSteady(at: .seconds(29)))
        #expect(lifeSigns.areSteady(at: .seconds(30)))
    }

    @Test("none is ended while a life sign is overdue, nor for ten seconds after the next")
    func outage() {
        give(from: 0, to: 60)
        #expect(lifeSigns.areSteady(at: .seconds(67)))
        #expect(!lifeSigns.areSteady(at: .seconds(68)))
        give(from: 130, to: 139)
        #expect(!lifeSigns.areSteady(at: .seconds(139)))
        #expect(lifeSigns.areSteady(at: .seconds(140)))
    }

    @Test("a life sign that is a little late says nothing")
    func slowDatabase() {
        give(from: 0, to: 30)
        lifeSigns.given(at: .seconds(37))
        #expect(lifeSigns.areSteady(at: .seconds(37)))
    }

    @Test("for ten seconds after a silence the database was away; at the start nobody knows")
    func away() {
        #expect(!lifeSigns.wasAway(at: .seconds(20)))
        give(from: 20, to: 26)
        #expect(!lifeSigns.wasAway(at: .seconds(26)))
        #expect(lifeSigns.wasAway(at: .seconds(60)))
        give(from: 60, to: 69)
        #expect(lifeSigns.wasAway(at: .seconds(69)))
        #expect(!lifeSigns.wasAway(at: .seconds(70)))
    }
}
