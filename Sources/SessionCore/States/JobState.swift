/// Where an (order, generation) stands. The raw value is what Postgres stores; numbers are never used again.
package enum JobState: Int16, CaseIterable, Sendable {
    /// May be sent once it is due. Goes to `sending`, `expired`, `failed`, `cancelled`.
    case ready = 0
    /// Durably marked as about to be sent: bytes may have reached the provider.
    /// Goes to `ready` (retry, or released unsent), `verify`, `opened`, `declined`, `failed`.
    case sending = 1
    /// The outcome of an attempt is unknown. Goes to `ready` (nothing was opened), `opened`, `declined`,
    /// `failed`, `cancelled`.
    case verify = 2
    /// The provider opened a session and its answer was verified.
    case opened = 10
    /// The provider refused for good.
    case declined = 11
    /// Retries or the time budget are used up, or a person gave up.
    case failed = 12
    /// Past `not_after`, never sent.
    case expired = 13
    /// A person cancelled it before it was sent.
    case cancelled = 14

    package var isTerminal: Bool {
        rawValue >= 10
    }

    /// The state's name in results, in the CLI and in logs.
    package var name: String {
        switch self {
        case .ready: "ready"
        case .sending: "sending"
        case .verify: "verify"
        case .opened: "opened"
        case .declined: "declined"
        case .failed: "failed"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    package init?(name: String) {
        guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = state
    }

    /// The states that this one may change to. Terminal states change only by replay, which starts a new generation.
    package var successors: Set<JobState> {
        switch self {
        case .ready: [.sending, .failed, .expired, .cancelled]
        case .sending: [.ready, .verify, .opened, .declined, .failed]
        case .verify: [.ready, .opened, .declined, .failed, .cancelled]
        case .opened, .declined, .failed, .expired, .cancelled: []
        }
    }
}
