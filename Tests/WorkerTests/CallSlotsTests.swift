import SessionCore
import Synchronization
import Testing

@testable import Worker

@Suite("Call slots")
struct CallSlotsTests {
    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    @Test("the rate is what was answered in the fuller of the last two tenths of a second, and nothing after a silence")
    func rate() {
        var rate = CallRate()
        #expect(rate.expected(within: at(100), at: at(0)) == 0)
        rate.answered(50, at: at(10))
        #expect(rate.expected(within: at(100), at: at(20)) == 50)
        #expect(rate.expected(within: at(50), at: at(20)) == 25)
        rate.answered(10, at: at(120))
        #expect(rate.expected(within: at(100), at: at(130)) == 50, "the window before tells while this one is young")
        rate.answered(100, at: at(150))
        #expect(rate.expected(within: at(100), at: at(160)) == 110)
        #expect(rate.expected(within: at(100), at: at(230)) == 110)
        #expect(rate.expected(within: at(100), at: at(350)) == 0)
        rate.answered(7, at: at(10_000))
        #expect(rate.expected(within: at(100), at: at(10_000)) == 7, "no window of long ago counts")
    }

    @Test("what is possible is the best tenth of the last second: a stall is no proof of slowness")
    func possible() {
        var rate = CallRate()
        #expect(rate.isUnknown(at: at(5_000)))
        rate.answered(100, at: at(10))
        #expect(rate.isUnknown(at: at(200)), "it is still growing")
        #expect(!rate.isUnknown(at: at(210)))
        rate.answered(3, at: at(250))
        #expect(rate.possible(within: at(100), at: at(450)) == 100)
        #expect(rate.possible(within: at(50), at: at(950)) == 50)
        #expect(rate.possible(within: at(100), at: at(1_050)) == 3)
        #expect(rate.possible(within: at(100), at: at(1_300)) == 0)
    }

    @Test("room that is set aside is nobody else's until jobs were taken of it")
    func reserving() {
        let slots = CallSlots(limit: 10)
        #expect(slots.free(ahead: 0) == 10)
        #expect(slots.reserve(6, ahead: 0, areAgents: false) == 6)
        #expect(slots.reserve(6, ahead: 0, areAgents: false) == 4)
        #expect(slots.reserve(1, ahead: 0, areAgents: false) == 0)
        #expect(!slots.isIdle)
        slots.taken(2, of: 6)
        #expect(slots.free(ahead: 0) == 4)
        slots.taken(0, of: 4)
        #expect(slots.free(ahead: 0) == 8)
        #expect(slots.held == 2)
    }

    @Test("an answered call frees its slot; its job is held until its outcome is stored")
    func answeredAndSettled() {
        let slots = CallSlots(limit: 10)
        slots.taken(10, of: slots.reserve(10))
        #expect(slots.free(ahead: 0) == 0)
        slots.answered(4, at: .seconds(1))
        #expect(slots.held == 10)
        #expect(slots.free(ahead: 0) == 4)
        slots.settled(10)
        #expect(slots.held == 0)
        #expect(slots.isIdle)
    }

    @Test("as many more are taken as use no slot, and none while more than the limit use one")
    func ahead() {
        let slots = CallSlots(limit: 10)
        slots.taken(10, of: slots.reserve(10))
        slots.answered(5, at: at(10))
        #expect(slots.free(ahead: 5) == 5 + 5)
        slots.taken(10, of: slots.reserve(100, ahead: 5, areAgents: false))
        #expect(slots.free(ahead: 5) == 0)
        #expect(slots.free(ahead: 0) == 0)
        slots.answered(6, at: at(2_000))
        #expect(slots.free(ahead: 0) == 1)
    }

    @Test("jobs that need no call free their slots, and say nothing of how many calls are answered")
    func uncalled() {
        let slots = CallSlots(limit: 10)
        slots.taken(500, of: 0)
        slots.uncalled(500)
        #expect(slots.free(ahead: 0) == 10)
        #expect(!slots.mayAnswer(1, within: at(100), at: at(300)))
        slots.taken(500, of: 0)
        slots.answered(500, at: at(10))
        #expect(slots.mayAnswer(500, within: at(100), at: at(300)))
    }

    @Test("agents find what is left of their reserve though others have taken all there is, and no more than that")
    func reserve() {
        let slots = CallSlots(limit: 10, reserve: 3)
        slots.taken(12, of: 0)
        #expect(slots.room(ahead: 0) == .init(free: 0, past: 3, ofAgents: 0))
        #expect(slots.reserve(5, ahead: 0, areAgents: false) == 0)
        #expect(slots.reserve(2, ahead: 0, areAgents: true) == 2)
        #expect(slots.reserve(5, ahead: 0, areAgents: true) == 1)
        slots.taken(3, ofAgents: 3, of: 3)
        #expect(slots.room(ahead: 0) == .init(free: 0, past: 0, ofAgents: 3))
        slots.answered(1, ofAgents: 1, at: .zero)
        #expect(slots.room(ahead: 0).past == 1)
        slots.stop()
        #expect(slots.room(ahead: 0).past == 0)
    }

    @Test("nothing more is taken while too many outcomes wait to be stored")
    func unsettled() {
        let slots = CallSlots(limit: CallSlots.unsettledMax * 2, reserve: 10)
        slots.taken(CallSlots.unsettledMax, of: 0)
        slots.answered(CallSlots.unsettledMax, at: .zero)
        #expect(slots.free(ahead: 0) == 0)
        #expect(slots.reserve(1, ahead: 0, areAgents: false) == 0)
        #expect(slots.reserve(1, ahead: 0, areAgents: true) == 0)
        #expect(!slots.mayTake)
        slots.settled(1)
        #expect(slots.free(ahead: 0) > 0)
    }

    @Test("who waits is told of an answer, of a nudge, and that no more room will come")
    func waiters() async throws {
        let slots = CallSlots(limit: 1)
        slots.taken(1, of: slots.reserve(1))
        let woken = Counter()
        let wakers: [@Sendable () -> Void] = [{ slots.answered(1, at: .zero) }, { slots.nudge() }, { slots.stop() }]
        for wake in wakers {
            let before = woken.count.load(ordering: .relaxed)
            let waiting = Task {
                await slots.change()
                woken.count.add(1, ordering: .relaxed)
            }
            // Whether the task waits already cannot be seen: it is woken until it is awake.
            wake()
            while woken.count.load(ordering: .relaxed) == before {
                slots.nudge()
                await Task.yield()
            }
            await waiting.value
        }
        #expect(slots.isStopping)
        #expect(slots.free(ahead: 0) == 0)
        await slots.change()
    }
}

private final class Counter: Sendable {
    let count = Atomic(0)
}
