import SessionCore
import Testing

@Suite("Lane planner")
struct LanePlannerTests {
    private let weights: [Lane: Int] = [.interactive: 8, .campaign: 3, .replay: 1]

    private func limits(_ quotas: [LaneQuota]) -> [Lane: Int] {
        Dictionary(quotas.map { ($0.lane, $0.limit) }, uniquingKeysWith: +)
    }

    @Test("while every lane has work the slots are shared 8 : 3 : 1")
    func sharesByWeight() {
        let planner = LanePlanner(weights: weights, reserve: 0)
        #expect(limits(planner.plan(free: 120)) == [.interactive: 80, .campaign: 30, .replay: 10])
    }

    @Test("however few slots come free at a time, all lanes have their shares in the long run", arguments: 1...7)
    func sharesOfFew(free: Int) {
        var planner = LanePlanner(weights: weights, reserve: 40)
        var had: [Lane: Int] = [:]
        for _ in 0..<120 {
            let plan = planner.plan(free: free, ofAgents: 100)
            #expect(plan.reduce(0) { $0 + $1.limit } == free)
            planner.claimed(limits(plan), of: plan)
            had.merge(limits(plan), uniquingKeysWith: +)
        }
        for (lane, weight) in weights {
            #expect(abs(had[lane, default: 0] - 10 * weight * free) <= 2, "\(lane)")
        }
    }

    @Test("an agent's job that comes alone is the first, whatever the other lanes have not had")
    func agentsAloneAreFirst() {
        var planner = LanePlanner(weights: weights, reserve: 0)
        for round in 0..<60 {
            planner.stored(1, in: .interactive)
            var waiting = 1
            // As many claims of one job as it takes to find the lane empty.
            while planner.busy.contains(.interactive) {
                let plan = planner.plan(free: 1)
                var counts = limits(plan)
                if let asked = counts[.interactive] { counts[.interactive] = min(asked, waiting) }
                #expect(waiting == 0 || counts[.interactive] == 1, "\(round)")
                waiting -= counts[.interactive, default: 0]
                planner.claimed(counts, of: plan)
            }
            for _ in 0..<round % 5 {
                let plan = planner.plan(free: 1)
                planner.claimed(limits(plan.filter { $0.lane != .interactive }), of: plan)
            }
        }
    }

    @Test("a lane that was passed over for a long time does not keep the others waiting for as long")
    func boundedCarry() {
        var planner = LanePlanner(weights: weights, reserve: 0)
        for _ in 0..<100 { planner.claimed([.interactive: 1], of: [LaneQuota(lane: .interactive, limit: 1)]) }
        let plan = limits(planner.plan(free: 120))
        #expect(plan[.campaign, default: 0] <= 32)
        #expect(plan[.interactive, default: 0] >= 76)
    }

    @Test("an empty lane's share goes to the others, and it is still asked for one job")
    func emptyLanesCostNothing() {
        var planner = LanePlanner(weights: weights, reserve: 0)
        planner.claimed([.campaign: 30], of: planner.plan(free: 120))
        let plan = limits(planner.plan(free: 120))
        #expect(plan[.campaign] == 119)
        #expect(plan[.replay] == 1)
    }

    @Test("the reserve is the interactive lane's alone, even under a campaign that could fill everything")
    func reserveHolds() {
        var planner = LanePlanner(weights: weights, reserve: 10)
        planner.claimed([.campaign: 30], of: planner.plan(free: 120))
        let plan = limits(planner.plan(free: 10))
        #expect(plan == [.interactive: 10])
        #expect(limits(planner.plan(free: 50))[.interactive, default: 0] >= 10)
    }

    @Test("what agents do not use of the reserve they may take though no slot is free, as far as accounts take it")
    func pastOthers() {
        var planner = LanePlanner(weights: weights, reserve: 10)
        #expect(limits(planner.plan(free: 0, room: 0, past: 20)) == [.interactive: 10])
        #expect(limits(planner.plan(free: 0, room: 0, ofAgents: 7, past: 20)) == [.interactive: 3])
        #expect(limits(planner.plan(free: 50, room: 0, past: 4)) == [.interactive: 4])
        #expect(planner.plan(free: 0, room: 0, ofAgents: 10, past: 20).isEmpty)
        planner.claimed([:], of: planner.plan(free: 120))
        #expect(limits(planner.plan(free: 0, room: 0, past: 20)) == [.interactive: 1], "it is thought empty")
    }

    @Test("agents' own calls use the reserve first, and what is free beside it is shared")
    func usedReserve() {
        let planner = LanePlanner(weights: weights, reserve: 60)
        #expect(limits(planner.plan(free: 60)) == [.interactive: 60])
        #expect(limits(planner.plan(free: 60, ofAgents: 36)) == [.interactive: 24 + 24, .campaign: 9, .replay: 3])
        #expect(limits(planner.plan(free: 60, ofAgents: 99)) == [.interactive: 40, .campaign: 15, .replay: 5])
    }

    @Test("where accounts take fewer calls than the reserve has slots, a campaign gets them; agents are asked for too")
    func smallRoom() {
        var planner = LanePlanner(weights: weights, reserve: 50)
        #expect(limits(planner.plan(free: 500, room: 16)) == [.interactive: 11, .campaign: 4, .replay: 1])
        planner.claimed([.campaign: 4], of: planner.plan(free: 500, room: 16))
        #expect(limits(planner.plan(free: 500, room: 16)) == [.interactive: 1, .campaign: 15, .replay: 1])
        for room in 1...3 {
            let plan = limits(planner.plan(free: 500, room: room))
            #expect(plan[.campaign, default: 0] >= 1, "the lane that has work")
            #expect(plan[.interactive] == 1, "the lane that must not wait")
            #expect(plan.values.reduce(0, +) <= room + 1)
        }
        #expect(limits(planner.plan(free: 55, room: 16))[.campaign, default: 0] <= 5, "the slots' reserve holds")
        #expect(planner.plan(free: 500, room: 0).isEmpty)
    }

    @Test("a lane that comes back full gets its share again")
    func refilledLane() {
        var planner = LanePlanner(weights: weights, reserve: 0)
        planner.claimed([:], of: planner.plan(free: 12))
        planner.claimed([.interactive: 10, .campaign: 1, .replay: 1], of: planner.plan(free: 12))
        #expect(limits(planner.plan(free: 12)) == [.interactive: 8, .campaign: 3, .replay: 1])
    }

    @Test("a lane that brought all that an account had room for has more; one not asked of all accounts stays as is")
    func cutOffLanes() {
        var planner = LanePlanner(weights: weights, reserve: 0)
        planner.claimed([.campaign: 10], of: planner.plan(free: 120), cutOff: [.campaign])
        #expect(planner.busy == [.campaign])
        planner.claimed([:], of: planner.plan(free: 120), unasked: Set(Lane.allCases))
        #expect(planner.busy == [.campaign], "of those that were not asked nothing new is known")
        planner.claimed([:], of: planner.plan(free: 120))
        #expect(planner.busy.isEmpty)
        planner.claimed([:], of: planner.plan(free: 120), unasked: Set(Lane.allCases))
        #expect(planner.busy.isEmpty)
    }

    @Test("a lane's jobs may start as they come in once a claim found nothing older in it")
    func startsPastTheQueue() {
        var planner = LanePlanner(weights: weights, reserve: 10)
        #expect(planner.startable(.interactive, free: 100) == 0, "nobody has looked yet")
        planner.claimed([:], of: planner.plan(free: 120))
        #expect(planner.startable(.interactive, free: 100) == 100)
        #expect(planner.startable(.campaign, free: 100) == 90, "the reserve is not the campaign's")
        #expect(planner.startable(.campaign, free: 5) == 0)
        planner.stored(1, in: .campaign)
        #expect(planner.startable(.campaign, free: 100) == 0)
        #expect(planner.startable(.interactive, free: 0) == 0)
    }

    @Test("while another lane has work, no more start than the lane's share", arguments: [0, 1, 12, 100, 1_000])
    func startsWithinItsShare(free: Int) {
        var planner = LanePlanner(weights: weights, reserve: 0)
        planner.claimed(
            [.campaign: 1_000_000],
            of: [.interactive, .campaign, .replay].map { LaneQuota(lane: $0, limit: 10) }
        )
        let share = planner.startable(.interactive, free: free)
        #expect(share <= free)
        #expect(share >= free * 8 / 11 - 1, "\(share)")
        #expect(free == 1 || planner.startable(.replay, free: free) < free || free == 0)
        #expect(planner.startable(.campaign, free: free) == 0)
    }

    @Test("limits never add up to more than what is free", arguments: [0, 1, 2, 3, 5, 11, 12, 13, 100, 1_000])
    func neverMoreThanFree(free: Int) {
        var random = SeededGenerator(seed: UInt64(free))
        var planner = LanePlanner(weights: weights, reserve: 7)
        for _ in 0..<200 {
            let plan = planner.plan(free: free)
            #expect(plan.reduce(0) { $0 + $1.limit } <= free)
            #expect(free == 0 || !plan.isEmpty)
            var counts: [Lane: Int] = [:]
            for quota in plan { counts[quota.lane] = Int.random(in: 0...quota.limit, using: &random) }
            planner.claimed(counts, of: plan)
        }
    }
}
