import Testing

@testable import Worker

@Suite("Membership")
struct MembershipTests {
    @Test("a worker leaves once after a minute's silence, and joins once when that is over")
    func leavesAndJoins() {
        var membership = Membership(leaveAfter: .seconds(60))
        let silences: [Duration?] = [nil, .seconds(1), .seconds(59), nil, .seconds(60), .seconds(61), nil, nil]
        let changes = silences.map { membership.turn(silence: $0) }
        #expect(changes == [nil, nil, nil, nil, .leave, nil, .join, nil])
    }
}
