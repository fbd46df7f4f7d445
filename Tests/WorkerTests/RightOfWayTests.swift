import SessionCore
import Testing

@testable import Worker

/// How campaigns make room for agents.
@Suite("Right of way")
struct RightOfWayTests {
    @Test("without agents a campaign waits for nothing")
    func nobody() {
        let way = RightOfWay()
        way.taken(work: .milliseconds(20), now: .milliseconds(20))
        #expect(way.turn(now: .milliseconds(20)) == .zero)
        #expect(way.recordsMax(now: .milliseconds(20)) == .max)
    }

    @Test("while agents send jobs the next batch's turn comes three times as long after the last as that took")
    func rests() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        #expect(way.turn(now: .milliseconds(10_000)) == .zero)
        way.taken(work: .milliseconds(20), now: .milliseconds(10_020))
        // As its batch took longer than expected, its rest does.
        #expect(way.turn(now: .milliseconds(10_020)) == RightOfWay.restMax)
        way.taken(work: .milliseconds(7), now: .milliseconds(10_200))
        #expect(way.turn(now: .milliseconds(10_200)) == .milliseconds(21))
    }

    @Test("batches that wait have their turns one after another, each as if it were as much work as the last")
    func turns() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        way.taken(work: .milliseconds(5), now: .seconds(11))
        let waits = (0..<3).map { _ in way.turn(now: .seconds(11)) }
        #expect(waits == [15, 35, 55].map { .milliseconds($0) })
        // What waited for the disk says nothing of the next.
        way.taken(work: .seconds(30), now: .seconds(12))
        #expect(way.turn(now: .seconds(13)) == .zero)
        #expect(way.turn(now: .seconds(13)) == .milliseconds(70 + 30))
    }

    @Test("while agents send jobs it takes small batches")
    func smallBatches() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        #expect(way.recordsMax(now: .milliseconds(39_990)) == RightOfWay.batchMax)
        #expect(way.recordsMax(now: .seconds(40)) == .max)
    }

    @Test("after a claim it rests three times as long as that took, and less the fewer jobs it brought")
    func claims() {
        let way = RightOfWay()
        #expect(way.rest(afterClaim: .milliseconds(20), of: 100, now: .zero) == .zero)
        way.agentsSeen(at: .seconds(10))
        func rest(_ others: Int, after work: Duration = .milliseconds(8)) -> Duration {
            way.rest(afterClaim: work, of: others, now: .milliseconds(10_010))
        }
        #expect(rest(100) == .milliseconds(24))
        #expect(rest(25) == .milliseconds(6))
        #expect(rest(0) == .zero)
        #expect(rest(400, after: .seconds(1)) == RightOfWay.restMax)
    }

    @Test("a claimed job of an agent's tells of agents, a campaign's or a retry does not")
    func claimedJobs() {
        let way = RightOfWay()
        way.claimed(
            [AccountGuardsTests.job(1, lane: .campaign), AccountGuardsTests.job(2, attempts: 2)],
            at: .seconds(10)
        )
        #expect(way.recordsMax(now: .seconds(10)) == .max)
        way.claimed([AccountGuardsTests.job(3)], at: .seconds(10))
        #expect(way.recordsMax(now: .seconds(10)) == RightOfWay.batchMax)
    }

    @Test("a claim takes all that agents wait for, and of the other lanes a batch, by their shares")
    func smallClaims() {
        let way = RightOfWay()
        func quotas(_ limits: Int...) -> [LaneQuota] {
            zip(Lane.allCases, limits).map { LaneQuota(lane: $0, limit: $1) }
        }
        #expect(way.fitted(quotas(300, 380, 20), now: .seconds(10)) == quotas(300, 380, 20))
        way.agentsSeen(at: .seconds(10))
        #expect(way.fitted(quotas(300, 380, 20), now: .seconds(10)) == quotas(300, 95, 5))
        #expect(way.fitted(quotas(1, 99, 1), now: .seconds(10)) == quotas(1, 99, 1))
        #expect(way.fitted(quotas(0, 2_000, 1), now: .seconds(10)) == quotas(0, 99, 1))
    }

    @Test("half a minute after an agent's last job it is as if there were none")
    func afterwards() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        way.agentsSeen(at: .seconds(9))
        way.taken(work: .milliseconds(8), now: .milliseconds(39_990))
        #expect(way.turn(now: .milliseconds(39_990)) == .milliseconds(24))
        #expect(way.turn(now: .seconds(40)) == .zero)
    }
}
