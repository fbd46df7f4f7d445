import SessionCore
import Testing

@testable import Worker

@Suite("Decided jobs")
struct DecidedJobsTests {
    private func job(_ number: Int64, _ lane: Lane, holds: Bool = false, endsHold: Bool = false) -> DecidedJob {
        let job = ClaimedJob(
            lease: LeaseRef(jobID: number, epoch: 1),
            purpose: .open,
            order: Order(account: "main", orderID: "o-\(number)"),
            generation: 1,
            lane: lane,
            campaign: nil,
            attempts: 1,
            lookUps: 0,
            acceptedAt: Timestamp(seconds: 1),
            notAfter: Timestamp(seconds: 100),
            firstSend: nil,
            lastSend: nil,
            request: nil,
            traceparent: nil
        )
        var decided = DecidedJob(job: job, verdict: .release(after: .zero), decidedAt: Timestamp(seconds: 2))
        if holds { decided.hold = HoldCause(kind: .fault, code: "x", reason: "y") }
        decided.endsHold = endsHold
        return decided
    }

    /// The numbers of what comes out of both ways, agents' first.
    private func sent(_ jobs: [DecidedJob]) async -> [[Int64]] {
        let decided = DecidedJobs()
        decided.send(jobs)
        decided.finish()
        var ways: [[Int64]] = []
        for way in [decided.interactive, decided.others] {
            ways.append((await way.takeAll() ?? []).map(\.job.lease.jobID))
        }
        return ways
    }

    @Test("agents' jobs go their own way")
    func twoWays() async {
        let ways = await sent([job(1, .campaign), job(2, .interactive), job(3, .replay), job(4, .interactive)])
        #expect(ways == [[2, 4], [1, 3]])
    }

    @Test("what is given back because of a hold does not overtake it", arguments: [true, false])
    func holds(begins: Bool) async {
        let cause = job(1, .interactive, holds: begins, endsHold: !begins)
        let ways = await sent([cause, job(2, .interactive), job(3, .campaign)])
        #expect(ways == [[], [1, 2, 3]])
    }
}
