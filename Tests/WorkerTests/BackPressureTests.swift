import SessionCore
import Testing

@testable import Worker

@Suite("Back-pressure")
struct BackPressureTests {
    private let pressure = BackPressure(
        topics: [
            WorkerTopic(name: "agents", lane: .interactive, backlogMax: 100),
            WorkerTopic(name: "bulk", lane: .campaign, backlogMax: 100),
        ],
        unpublishedMax: .seconds(30)
    )

    private func backlog(_ jobs: [String: Int]) -> Backlog {
        Backlog(jobsByTopic: jobs, oldestUnpublished: nil)
    }

    private func measured(_ jobs: [String: Int], oldest: Duration? = nil) -> [BackPressure.Change] {
        pressure.measured(backlog(jobs), sent: BackPressure.Sent(oldest: oldest), at: .seconds(100))
    }

    @Test("no link is minted while a result waits longer than the limit; said once, and once when it is over")
    func claimingStopsAndGoesOn() {
        #expect(measured([:], oldest: .seconds(30)) == [])
        #expect(pressure.mayMint)
        #expect(measured([:], oldest: .seconds(31)) == [.stopClaiming(.ownWait(.seconds(31)))])
        #expect(!pressure.mayMint)
        #expect(measured([:], oldest: .seconds(40)) == [])
        #expect(measured([:]) == [.claimAgain])
        #expect(pressure.mayMint)
    }

    @Test("a worker that goes aside mints nothing from that moment on, and something acknowledged ends it")
    func aside() throws {
        let silence = try #require(pressure.silence(of: .zero, at: .seconds(100)))
        #expect(pressure.goAside(after: OutboxOffer(left: [7]), silence, at: .seconds(100)))
        #expect(!pressure.mayMint)
        #expect(measured([:]) == [.stopClaiming(.aside(.zero))])
        #expect(pressure.acknowledged(at: .seconds(100)))
        #expect(measured([:]) == [.claimAgain])
        #expect(pressure.mayMint)
    }

    @Test("others' results that wait stop a worker that has published nothing since, and no other")
    func othersResultsWait() {
        let late = Backlog(jobsByTopic: [:], oldestUnpublished: .seconds(31))
        let none = BackPressure.Sent()
        let stops = pressure.measured(late, sent: none, at: .seconds(100))
        #expect(stops == [.stopClaiming(.doubt(.seconds(31)))])
        #expect(pressure.acknowledged(at: .seconds(101)))
        #expect(pressure.measured(late, sent: none, at: .seconds(101)) == [.claimAgain])
    }

    @Test("a bulk topic at its cap is paused, the other flows on; it resumes well below the cap")
    func oneTopicPauses() {
        let full = ["agents": 5, "bulk": 100]
        #expect(measured(full) == [.pause(topic: "bulk", waiting: 100)])
        #expect(measured(full) == [])
        #expect(measured(["bulk": 95]) == [])
        #expect(measured(["bulk": 89]) == [.resume(topic: "bulk")])
    }

    @Test("that jobs cannot be counted is said once, and once that they can; topics stay, and results are watched")
    func jobsCannotBeCounted() {
        let failure = StoreError.refused(sqlState: "57014", "canceling statement due to statement timeout")
        let uncounted = Backlog(jobsByTopic: ["bulk": 100], oldestUnpublished: nil, uncounted: failure)
        func measuredUncounted(oldest: Duration? = nil) -> [BackPressure.Change] {
            pressure.measured(uncounted, sent: BackPressure.Sent(oldest: oldest), at: .seconds(100))
        }
        #expect(measured(["bulk": 100]) == [.pause(topic: "bulk", waiting: 100)])
        #expect(measuredUncounted() == [.cannotCount(failure)])
        #expect(measuredUncounted(oldest: .seconds(31)) == [.stopClaiming(.ownWait(.seconds(31)))])
        #expect(measuredUncounted() == [.claimAgain])
        #expect(measured(["bulk": 100]) == [.countsAgain])
    }

    @Test("a topic with a cap of a few jobs resumes as well", arguments: [1, 2, 9])
    func smallCaps(cap: Int) {
        let topic = WorkerTopic(name: "bulk", lane: .campaign, backlogMax: cap)
        let pressure = BackPressure(topics: [topic], unpublishedMax: .seconds(30))
        func measured(_ waiting: Int) -> [BackPressure.Change] {
            pressure.measured(backlog(["bulk": waiting]), sent: BackPressure.Sent(), at: .zero)
        }
        #expect(measured(cap) == [.pause(topic: "bulk", waiting: cap)])
        #expect(measured(0) == [.resume(topic: "bulk")])
    }
}
