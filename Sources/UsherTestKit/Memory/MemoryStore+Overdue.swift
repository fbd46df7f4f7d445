package import SessionCore

// Jobs whose time is over.
extension MemoryStore {
    package func claimOverdue(
        of account: String,
        behind place: QueuePlace,
        limit: Int,
        lease: Duration
    ) async throws -> OverdueClaim {
        try transact { state in
            let now = state.now
            let due = state.due(of: account, behind: place, limit: limit)
            var jobs: [ClaimedJob] = []
            for entry in due {
                guard let row = state.rows[entry.jobID], row.state == .ready, row.job.notAfter <= now else { continue }
                jobs.append(state.lease(entry.jobID, until: now.advanced(by: lease)))
            }
            return OverdueClaim(now: now, jobs: jobs, next: due.count == limit ? due.last : nil)
        }
    }
}

extension MemoryStore.State {
    /// The places of due jobs, in order.
    fileprivate func due(of account: String, behind place: QueuePlace, limit: Int) -> [QueuePlace] {
        let places = rows.compactMap { id, row -> QueuePlace? in
            guard row.job.order.account == account, row.job.lane == place.lane, row.leaseUntil == nil,
                !row.state.isTerminal, row.dueAt <= now, (row.dueAt, id) > (place.dueAt, place.jobID)
            else { return nil }
            return QueuePlace(lane: place.lane, dueAt: row.dueAt, jobID: id)
        }
        return Array(places.sorted { ($0.dueAt, $0.jobID) < ($1.dueAt, $1.jobID) }.prefix(limit))
    }
}
