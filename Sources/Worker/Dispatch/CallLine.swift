import SessionCore

/// Calls that wait for their account's turn: those of agents first, each kind in the order in which it came. Pure.
///
/// A campaign's calls are taken a tenth of a second ahead, so that no slot is ever idle; an agent with a customer on
/// the line does not stand behind them. One call in eight is not an agent's all the same, so that nothing stands still
/// in an account that takes few calls.
struct CallLine: Sendable {
    private static let agentsInARowMax = 7

    private var agents: [AccountGuards.QueuedCall] = []
    private var others: [AccountGuards.QueuedCall] = []
    /// Agents' calls that were taken since another was, while others waited.
    private var agentsInARow = 0

    var count: Int { agents.count + others.count }

    /// Whether any of them is to open a session.
    var hasOpenings: Bool {
        let opens: (AccountGuards.QueuedCall) -> Bool = { $0.call.job.purpose == .open }
        return agents.contains(where: opens) || others.contains(where: opens)
    }

    /// How many stand before a call of the lane that comes now.
    func count(before lane: Lane) -> Int {
        lane == .interactive ? agents.count : count
    }

    mutating func append(_ calls: [AccountGuards.QueuedCall]) {
        for call in calls {
            if call.call.job.lane == .interactive { agents.append(call) } else { others.append(call) }
        }
    }

    /// Those whose turn it is, at most `limit`.
    mutating func takeFirst(_ limit: Int) -> [AccountGuards.QueuedCall] {
        if others.isEmpty || agents.isEmpty { agentsInARow = 0 }
        let most = min(limit, count)
        var ofAgents = 0
        var ofOthers = 0
        while ofAgents + ofOthers < most {
            let isAgents =
                ofOthers == others.count
                || (ofAgents < agents.count && agentsInARow < Self.agentsInARowMax)
            if isAgents { ofAgents += 1 } else { ofOthers += 1 }
            agentsInARow = isAgents ? agentsInARow + 1 : 0
        }
        let taken = Array(agents.prefix(ofAgents) + others.prefix(ofOthers))
        agents.removeFirst(ofAgents)
        others.removeFirst(ofOthers)
        return taken
    }

    /// Those that waited so long that they are not to be made any more.
    mutating func takeOverdue(at uptime: Duration) -> [AccountGuards.QueuedCall] {
        let isLate: (AccountGuards.QueuedCall) -> Bool = { $0.sendBy < uptime }
        let late = Array(agents.prefix(while: isLate) + others.prefix(while: isLate))
        guard !late.isEmpty else { return [] }
        agents.removeFirst(agents.prefix(while: isLate).count)
        others.removeFirst(others.prefix(while: isLate).count)
        return late
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
