import SessionCore

/// One change of what the simulator remembers. All changes go through `SimulatedCashier.change`, so that a state file,
/// which is a list of them, leads to the same state.
enum StateChange: Equatable, Sendable {
    /// What is counted by name.
    enum Counts: String, CaseIterable, Sendable {
        case requests
        case answers
        case faults
    }

    /// What is counted once.
    enum Total: String, CaseIterable, Sendable {
        case sessionsAgain
        case signatureFailures
        /// Requests that name no order.
        case unnamedCalls
        /// Attempts to pay, each with a tid of its own.
        case transactions
    }

    case order(account: Int, id: String)
    case called(order: Int, isLookup: Bool)
    case counted(Counts, String, by: Int)
    case totalled(Total, by: Int)
    case accepted(order: Int, SessionEcho, CallbackURLs, at: Timestamp, fault: String?)
    case noted(SimulatorEventKind, order: Int, at: Timestamp, fault: String?)
    case scriptSpent(order: Int)
    case status(order: Int, SessionStatus?)
    /// A new attempt to pay, or a new status of a known one.
    case transaction(order: Int, ProviderTransaction)
    case personality(Personality)
    case faults(FaultPlan, seed: UInt64)
    case reset
    /// These three are only in files that were compacted.
    case orderSnapshot(OrderSnapshot)
    case eventSnapshot(EventSnapshot)
    case ledger(sessionsOpened: UInt32, eventsDropped: Int)
}
