import SessionCore

/// Calls that wait for their account's turn: those of agents first, each kind in the order in which it came. Pure.
///
/// A campaign's calls are taken a tenth of a second ahead, so that no slot is ever idle; an agent with a customer on
/// the line does not stand behind them.
struct CallLine: Sendable {
    private var agents: [AccountGuards.QueuedCall] = []
    private var others: [AccountGuards.QueuedCall] = []

    var count: Int { agents.count + others.count }

    /// How many stand before a call of the lane that comes now.
    func count(before lane: Lane) -> Int {
        lane == .interactive ? agents.count : count
    }

    mutating func append(_ calls: [AccountGuards.QueuedCall]) {
        for call in calls {
            if call.call.job.lane == .interactive { agents.append(call) } else { others.append(call) }
        }
    }

    /// The first of them, at most `limit`.
    mutating func takeFirst(_ limit: Int) -> [AccountGuards.QueuedCall] {
        let ofAgents = min(limit, agents.count)
        let ofOthers = min(limit - ofAgents, others.count)
        let taken = Array(agents.prefix(ofAgents) + others.prefix(ofOthers))
        agents.removeFirst(ofAgents)
        others.removeFirst(ofOthers)
        return taken
    }

    /// Those that are not to stay.
    mutating func takeAll(
        but stays: (AccountGuards.QueuedCall) -> Bool = { _ in false }
    ) -> [AccountGuards.QueuedCall] {
        let taken = (agents + others).filter { !stays($0) }
        agents.removeAll { !stays($0) }
        others.removeAll { !stays($0) }
        return taken
    }
}
