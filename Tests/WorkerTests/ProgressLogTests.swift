import Logs
import Testing

@testable import Worker

/// What a worker says of its progress.
@Suite("Progress log")
struct ProgressLogTests {
    private let lines = Lines()

    private var progress: ProgressLog {
        ProgressLog(log: Log(level: .info, format: .text) { [lines] in lines.add($0) }, from: ActivityCounts())
    }

    @Test("it says nothing while nothing happens")
    func nothing() {
        var progress = progress
        progress.tell(ActivityCounts())
        #expect(lines.all.isEmpty)
        var counts = ActivityCounts()
        counts.accepted = 3
        progress.tell(counts)
        progress.tell(counts)
        #expect(lines.all.count == 1)
    }

    @Test("it says how many sessions nobody was told of, once there is one")
    func untoldSessions() {
        var progress = progress
        var counts = ActivityCounts()
        counts.ended = [.opened: 12]
        for untold in [0, 2] {
            counts.untold = untold
            progress.tell(counts)
        }
        #expect(lines.all.map { $0.contains("nobody was told of") } == [false, true])
        #expect(lines.all.last?.contains("opened 12, 2 more that nobody was told of") == true)
    }

    @Test("it says that campaigns make room for agents, as long as they do")
    func makingRoom() {
        var progress = progress
        var counts = ActivityCounts()
        for rests in [0, 7, 7, 9] {
            counts.accepted += 100
            counts.restsForAgents = rests
            progress.tell(counts)
        }
        #expect(lines.all.map { $0.contains("campaigns make room for agents") } == [false, true, false, true])
        #expect(lines.all.allSatisfy { $0.contains("progress") })
    }
}
