import Logs

/// Tells how far the worker is: a line each time that it is asked, unless nothing happened since the last.
struct ProgressLog {
    private let log: Log
    private var last: ActivityCounts

    /// - Parameter start: what needs no telling.
    init(log: Log, from start: ActivityCounts) {
        self.log = log
        last = start
    }

    mutating func tell(_ now: ActivityCounts) {
        guard now != last else { return }
        let makesRoom = now.restsForAgents > last.restsForAgents
        log.info(
            makesRoom ? "progress; campaigns make room for agents" : "progress",
            [
                .jobs: .init(now.accepted), .state: .text("opened \(now.ended[.opened, default: 0])"),
                .count: .init(now.inFlight), .outcome: .text("published \(now.published)"),
            ]
        )
        last = now
    }
}
