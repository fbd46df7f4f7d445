import SessionCore
import Testing

@testable import Worker

/// The ways of decided jobs to the store.
@Suite("Decided jobs")
struct DecidedJobsTests {
    private let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))

    private func decided(_ number: Int64, _ lane: Lane, account: String = "main") -> DecidedJob {
        let job = AccountGuardsTests.job(number, account: account, lane: lane)
        return DecidedJob(job: job, verdict: .release(after: .zero), decidedAt: job.acceptedAt)
    }

    @Test("those of agents go their own way, whatever they come together with, and each way keeps its order")
    func ways() async {
        let jobs = DecidedJobs()
        jobs.send([])
        jobs.send([decided(1, .campaign), decided(2, .campaign)])
        jobs.send([decided(3, .replay), decided(4, .interactive), decided(5, .campaign), decided(6, .interactive)])
        jobs.send([decided(7, .interactive)])
        #expect(await jobs.interactive.takeAll(clock)?.map(\.job.lease.jobID) == [4, 6, 7])
        #expect(await jobs.others.takeAll(clock)?.map(\.job.lease.jobID) == [1, 2, 3, 5])
        jobs.finish()
        #expect(await jobs.interactive.takeAll(clock) == nil)
        #expect(await jobs.others.takeAll(clock) == nil)
    }

    @Test("what is given back because of a hold does not overtake it", arguments: [true, false])
    func holds(begins: Bool) async {
        var cause = decided(1, .interactive)
        if begins { cause.hold = HoldCause(kind: .fault, code: "x", reason: "y") }
        cause.endsHold = !begins
        let jobs = DecidedJobs()
        let other = decided(4, .interactive, account: "other")
        jobs.send([cause, decided(2, .interactive), other, decided(3, .campaign)])
        #expect(await jobs.others.takeAll(clock)?.map(\.job.lease.jobID) == [1, 2, 3])
        // Another account's customers do not wait for it.
        #expect(await jobs.interactive.takeAll(clock)?.map(\.job.lease.jobID) == [4])
    }
}
