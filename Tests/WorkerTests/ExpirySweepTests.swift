import SessionCore
import Testing

@testable import Worker

/// How the queues of accounts are walked through of which nothing is claimed.
@Suite("Expiry sweep")
struct ExpirySweepTests {
    private func place(_ lane: Lane, _ jobID: Int64) -> QueuePlace {
        QueuePlace(lane: lane, dueAt: Timestamp(seconds: 1_000_000), jobID: jobID)
    }

    @Test("a walk goes through all lanes, each from its beginning, and is begun again after a while")
    func lanes() {
        var sweep = ExpirySweep()
        var lanes: [Lane] = []
        while let place = sweep.place(in: "main", at: .seconds(100)), lanes.count < 10 {
            #expect(place == QueuePlace.start(of: place.lane))
            lanes.append(place.lane)
            sweep.looked(behind: place, of: "main", next: nil)
        }
        #expect(lanes == Lane.allCases)
        #expect(sweep.place(in: "main", at: .seconds(109)) == nil)
        #expect(sweep.place(in: "main", at: .seconds(110)) == QueuePlace.start(of: .interactive))
    }

    @Test("a long queue is gone on with where the last slice ended, however long that takes")
    func longQueue() {
        var sweep = ExpirySweep()
        for second in 0..<100 {
            let start = QueuePlace.start(of: .interactive)
            let expected = second == 0 ? start : place(.interactive, Int64(second))
            let next = sweep.place(in: "main", at: .seconds(second))
            #expect(next == expected)
            guard let next else { return }
            sweep.looked(behind: next, of: "main", next: place(.interactive, Int64(second + 1)))
        }
        #expect(sweep.place(in: "other", at: .seconds(100)) == QueuePlace.start(of: .interactive))
    }

    @Test("an account that goes on in between is begun anew when it is held again")
    func released() {
        var sweep = ExpirySweep()
        _ = sweep.place(in: "main", at: .zero)
        sweep.looked(behind: QueuePlace.start(of: .interactive), of: "main", next: place(.interactive, 7))
        sweep.keep(["main"])
        #expect(sweep.place(in: "main", at: .seconds(1)) == place(.interactive, 7))
        sweep.keep([])
        #expect(sweep.place(in: "main", at: .seconds(2)) == QueuePlace.start(of: .interactive))
    }
}
