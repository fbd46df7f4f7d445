package import SessionCore
import Synchronization

/// Counts of what a worker has done since it started.
package struct ActivityCounts: Equatable, Sendable {
    package var accepted = 0
    package var duplicates = 0
    package var conflicts = 0
    package var quarantined = 0
    package var calls = 0
    package var lookUps = 0
    package var ended: [JobState: Int] = [:]
    package var retries = 0
    package var unknown = 0
    package var released = 0
    package var leasesLost = 0
    package var published = 0
    package var publishFailures = 0
    package var inFlight = 0
    /// Sessions that look-ups found and that nobody was told of: they expire by themselves.
    package var untold = 0
    /// How often a campaign waited so that agents do not.
    package var restsForAgents = 0
}

/// Where the services count, and whoever asks reads.
package final class Activity: Sendable {
    private let counts = Mutex(ActivityCounts())

    package init() {}

    package var snapshot: ActivityCounts {
        counts.withLock { $0 }
    }

    func stored(_ report: IngestReport) {
        counts.withLock {
            $0.accepted += report.accepted
            $0.duplicates += report.duplicates
            $0.conflicts += report.conflicts
            $0.quarantined += report.quarantined
        }
    }

    func restedForAgents() {
        counts.withLock { $0.restsForAgents += 1 }
    }

    func update(_ change: (inout ActivityCounts) -> Void) {
        counts.withLock { change(&$0) }
    }
}
