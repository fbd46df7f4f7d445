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
                .jobs: .init(now.accepted), .state: .text(Self.opened(now)),
                .count: .init(now.inFlight), .outcome: .text("published \(now.published)"),
            ]
        )
        last = now
    }

    private static func opened(_ counts: ActivityCounts) -> String {
        let told = "opened \(counts.ended[.opened, default: 0])"
        return counts.untold == 0 ? told : "\(told), \(counts.untold) more that nobody was told of"
    }
}
