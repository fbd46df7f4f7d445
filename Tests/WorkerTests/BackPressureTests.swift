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

    @Test("no link is minted while a result waits longer than the limit; said once, and once when it is over")
    func claimingStopsAndGoesOn() {
        #expect(pressure.measured(backlog([:]), oldestUnpublished: .seconds(30)) == [])
        #expect(pressure.mayMint)
        #expect(pressure.measured(backlog([:]), oldestUnpublished: .seconds(31)) == [.stopClaiming(.seconds(31))])
        #expect(!pressure.mayMint)
        #expect(pressure.measured(backlog([:]), oldestUnpublished: .seconds(40)) == [])
        #expect(pressure.measured(backlog([:]), oldestUnpublished: nil) == [.claimAgain])
        #expect(pressure.mayMint)
    }

    @Test("a bulk topic at its cap is paused, the other flows on; it resumes well below the cap")
    func oneTopicPauses() {
        let full = backlog(["agents": 5, "bulk": 100])
        #expect(pressure.measured(full, oldestUnpublished: nil) == [.pause(topic: "bulk", waiting: 100)])
        #expect(pressure.measured(full, oldestUnpublished: nil) == [])
        #expect(pressure.measured(backlog(["bulk": 95]), oldestUnpublished: nil) == [])
        #expect(pressure.measured(backlog(["bulk": 89]), oldestUnpublished: nil) == [.resume(topic: "bulk")])
    }

    @Test("a topic with a cap of a few jobs resumes as well", arguments: [1, 2, 9])
    func smallCaps(cap: Int) {
        let topic = WorkerTopic(name: "bulk", lane: .campaign, backlogMax: cap)
        let pressure = BackPressure(topics: [topic], unpublishedMax: .seconds(30))
        func measured(_ waiting: Int) -> [BackPressure.Change] {
            pressure.measured(backlog(["bulk": waiting]), oldestUnpublished: nil)
        }
        #expect(measured(cap) == [.pause(topic: "bulk", waiting: cap)])
        #expect(measured(0) == [.resume(topic: "bulk")])
    }
}
