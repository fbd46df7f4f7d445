import SessionCore
import Testing

@testable import Worker

@Suite("Claim findings")
struct ClaimFindingsTests {
    private let accounts = [AccountQuota(account: "main", limit: 4), AccountQuota(account: "other", limit: 100)]

    private func findings(
        _ lanes: [LaneQuota],
        _ jobs: [ClaimedJob],
        setAside: [Lane: Int] = [:],
        isPartial: Bool = false
    ) -> ClaimFindings {
        let request = ClaimRequest(accounts: accounts, lanes: lanes, lease: .seconds(60))
        let claim = Claim(now: AccountGuardsTests.now, jobs: jobs, nextDue: nil, setAside: setAside)
        return ClaimFindings(request, claim, isPartial: isPartial)
    }

    private func jobs(_ count: Int64, _ account: String = "main", _ lane: Lane = .campaign) -> [ClaimedJob] {
        (0..<count).map { AccountGuardsTests.job($0, account: account, lane: lane) }
    }

    private let lanes = [
        LaneQuota(lane: .interactive, limit: 1), LaneQuota(lane: .campaign, limit: 102),
        LaneQuota(lane: .replay, limit: 1),
    ]

    @Test("an account that brought all it had room for may have more, however much its lane was asked for")
    func usedUp() {
        let found = findings(lanes, jobs(4))
        #expect(found.counts == [.interactive: 0, .campaign: 4, .replay: 0])
        #expect(found.isFull)
        #expect(found.cutOff == [.campaign])
        #expect(found.unasked.isEmpty)
        #expect(found.busy == ["main"])
        #expect(found.quiet == ["other"])
    }

    @Test("where less came than was asked for, of the lane and of each account, there is no more")
    func drained() {
        let found = findings(lanes, jobs(3) + jobs(7, "other"))
        #expect(!found.isFull)
        #expect(found.busy.isEmpty)
        #expect(found.quiet == ["main", "other"])
        #expect(found.covers(Lane.allCases))
    }

    @Test("of an account that may not have had its turn nothing is known, nor of one that was left out")
    func noTurn() {
        let found = findings([LaneQuota(lane: .interactive, limit: 1)], jobs(1, "main", .interactive), isPartial: true)
        #expect(found.cutOff == [.interactive])
        #expect(found.unasked == [.interactive])
        #expect(found.busy == ["main"])
        #expect(found.quiet.isEmpty)
        #expect(!found.covers([.interactive, .campaign]))
    }

    @Test("an account that has room for agents only was not asked for a campaign's jobs: there may be any")
    func agentsOnly() {
        let full = [AccountQuota(account: "main", limit: 0, past: 2)]
        let request = ClaimRequest(accounts: full, lanes: lanes, lease: .seconds(60))
        let claim = Claim(now: AccountGuardsTests.now, jobs: [], nextDue: nil)
        let found = ClaimFindings(request, claim, isPartial: false)
        #expect(found.unasked == [.campaign, .replay])
        #expect(found.cutOff.isEmpty)
        #expect(found.quiet.isEmpty)
    }

    @Test("jobs that cannot be read were there all the same, of any account")
    func unreadable() {
        let found = findings(lanes, [], setAside: [.campaign: 102])
        #expect(found.counts[.campaign] == 102)
        #expect(found.cutOff == [.campaign])
        #expect(found.busy == ["main", "other"])
    }

    @Test("room is not counted on where there is nothing: until jobs are stored, or all are asked once in a while")
    func idleAccounts() {
        var idle = IdleAccounts()
        func room(isDue: Bool = false) -> Int { idle.room(of: accounts, isDue: isDue).jobs }
        #expect(room() == 104)
        idle.claimed(findings(lanes, jobs(4)), busy: [.campaign])
        #expect(room() == 4)
        #expect(room(isDue: true) == 4, "the others are asked all the same, beside it")
        idle.claimed(findings(lanes, jobs(3)), busy: [])
        #expect(room() == 0)
        #expect(room(isDue: true) == 104)
        idle.stored(["other"])
        #expect(room() == 100)
        // A claim of agents' jobs alone tells nothing of a campaign.
        idle.claimed(findings([LaneQuota(lane: .interactive, limit: 9)], []), busy: [.campaign])
        #expect(room() == 100)
    }
}
