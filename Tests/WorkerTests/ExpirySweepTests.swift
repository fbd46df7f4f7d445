import SessionCore
import Testing

@testable import Worker

/// How the queues of accounts are walked through of which nothing is claimed.
@Suite("Expiry sweep")
struct ExpirySweepTests {
    private static let starts = Lane.allCases.map { QueuePlace.start(of: $0) }

    private func place(_ lane: Lane, _ jobID: Int64) -> QueuePlace {
        QueuePlace(lane: lane, dueAt: Timestamp(seconds: 1_000_000), jobID: jobID)
    }

    @Test("a walk goes through all lanes, each from its beginning, and is begun again after a while")
    func lanes() {
        var sweep = ExpirySweep()
        let places = sweep.places(in: "main", at: .seconds(100))
        #expect(places == Self.starts)
        for place in places { sweep.looked(behind: place, of: "main", next: nil) }
        #expect(sweep.places(in: "main", at: .seconds(109)).isEmpty)
        #expect(sweep.places(in: "main", at: .seconds(110)) == Self.starts)
    }

    @Test("a long queue is gone on with where the last slice ended; a short lane beside it is walked through meanwhile")
    func longQueue() {
        var sweep = ExpirySweep()
        var agents: [Int] = []
        for second in 0..<100 {
            let places = sweep.places(in: "main", at: .seconds(second))
            let start = QueuePlace.start(of: .campaign)
            #expect(places.contains(second == 0 ? start : place(.campaign, Int64(second))))
            if places.contains(QueuePlace.start(of: .interactive)) { agents.append(second) }
            for each in places {
                let next = each.lane == .campaign ? place(.campaign, Int64(second + 1)) : nil
                sweep.looked(behind: each, of: "main", next: next)
            }
        }
        #expect(agents == Array(stride(from: 0, to: 100, by: 10)))
        #expect(sweep.places(in: "other", at: .seconds(100)) == Self.starts)
    }

    @Test("an account that goes on in between is begun anew when it is held again")
    func released() {
        var sweep = ExpirySweep()
        for place in sweep.places(in: "main", at: .zero) {
            sweep.looked(behind: place, of: "main", next: self.place(place.lane, 7))
        }
        sweep.keep(["main"])
        #expect(sweep.places(in: "main", at: .seconds(1)) == Lane.allCases.map { place($0, 7) })
        sweep.keep([])
        #expect(sweep.places(in: "main", at: .seconds(2)) == Self.starts)
    }
}
