package import SessionCore

// Leases whose outcomes wait to be written.
extension MemoryStore {
    package func keepLeases(_ leases: [LeaseRef], for lease: Duration) async throws {
        try transact { state in
            let soon = state.now.advanced(by: lease / 2)
            for held in leases {
                guard let row = state.rows[held.jobID], row.epoch == held.epoch, let until = row.leaseUntil
                else { continue }
                if until < soon { state.rows[held.jobID]?.leaseUntil = state.now.advanced(by: lease) }
            }
        }
    }
}
