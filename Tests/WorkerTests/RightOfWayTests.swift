import SessionCore
import Testing

@testable import Worker

/// How a campaign's intake makes room for agents.
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
        #expect(way.recordsMax(now: .milliseconds(11_990)) == RightOfWay.recordsMax)
        #expect(way.recordsMax(now: .seconds(12)) == .max)
    }

    @Test("two seconds after an agent's last job it is as if there were none")
    func afterwards() {
        let way = RightOfWay()
        way.agentsSeen(at: .seconds(10))
        way.agentsSeen(at: .seconds(9))
        #expect(way.rest(after: .milliseconds(8), now: .milliseconds(11_990)) == .milliseconds(24))
        #expect(way.rest(after: .milliseconds(10), now: .seconds(12)) == .zero)
    }
}
