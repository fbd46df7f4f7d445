import SessionCore

/// Ends jobs whose time is over while nothing of their account is claimed: who waits for them is told then, and not
/// when a hold ends days later. They go the way of all claimed jobs: leased, decided, and settled with their results.
struct ExpiryService<Store: JobStore, Provider: Cashier>: Sendable {
    let store: Store
    let dispatcher: Dispatcher<Provider>
    let guards: AccountGuards
    let slots: CallSlots
    let lease: Duration
    let patience: Patience
    let clock: WorkerClock
    /// Whether results can be delivered.
    let mayMint: @Sendable () -> Bool

    func run() async throws {
        var sweep = ExpirySweep()
        while true {
            try await clock.wait(for: .seconds(1))
            let accounts = guards.stalled()
            sweep.keep(accounts)
            for account in accounts { try await look(in: account, &sweep) }
        }
    }

    /// A slice of each lane.
    private func look(in account: String, _ sweep: inout ExpirySweep) async throws {
        for place in sweep.places(in: account, at: clock.uptime) where mayMint() && slots.mayTake {
            let claim = try await claim(of: account, behind: place)
            sweep.looked(behind: place, of: account, next: claim.next)
        }
    }

    private func claim(of account: String, behind place: QueuePlace) async throws -> OverdueClaim {
        // These jobs need no slot; but a worker that stops waits for what is on its way.
        let reserved = slots.reserve(1)
        do {
            // Where nothing is overdue nothing is written.
            let (asked, claim) = try await patience.untilDone(onlyReads: true) { [clock, store, lease] in
                let asked = clock.uptime
                let slice = ExpirySweep.slice
                return (asked, try await store.claimOverdue(of: account, behind: place, limit: slice, lease: lease))
            }
            clock.learn(claim.now, asked: asked, receivedAt: clock.uptime)
            slots.taken(claim.jobs.count, ofAgents: claim.jobs.count { $0.lane == .interactive }, of: reserved)
            dispatcher.start(claim.jobs, asked: asked)
            return claim
        } catch {
            slots.taken(0, of: reserved)
            throw error
        }
    }
}
