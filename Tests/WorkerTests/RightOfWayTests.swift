import SessionCore
import Testing

@testable import Worker

/// How campaigns make room for agents.
@Suite("Right of way")
struct RightOfWayTests {
    @Test("without agents a campaign does not rest")
    func nobody() {
        #expect(RightOfWay().rest(after: .milliseconds(20), now: .milliseconds(20)) == .zero)
        #expect(RightOfWay().recordsMax(now: .milliseconds(20)) == .max)
    }

    @Test("while agents send jobs it rests three times as long as its batch took, up to a bound")
    func agents() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        #expect(way.rest(after: .milliseconds(7), now: .milliseconds(10_007)) == .milliseconds(21))
        #expect(way.rest(after: .milliseconds(900), now: .milliseconds(10_900)) == RightOfWay.restMax)
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
        #expect(way.rest(after: .milliseconds(8), now: .milliseconds(39_990)) == .milliseconds(24))
        #expect(way.rest(after: .milliseconds(10), now: .seconds(40)) == .zero)
    }
}
