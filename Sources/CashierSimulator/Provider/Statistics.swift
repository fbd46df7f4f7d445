/// What the simulator has counted since it started or was last reset.
package struct SimulatorStatistics: Equatable, Sendable {
    /// By endpoint: `open`, `lookup`, `control`, `other`.
    package var requests: [String: Int] = [:]
    /// The provider's answers by their `status`; faults that answer without one are not here.
    package var answers: [String: Int] = [:]
    /// By the fault's name.
    package var faults: [String: Int] = [:]
    package var sessionsOpened = 0
    /// Requests that got a session which was open already.
    package var sessionsAgain = 0
    /// Requests whose signature was missing or wrong.
    package var signatureFailures = 0
    package var connectionsOpen = 0
    package var ordersKnown = 0
    package var eventsKept = 0
    /// Events that are missing from `GET /accepts`.
    package var eventsDropped = 0

    package init() {}
}
