/// Stops the claiming of an account's jobs while the provider does not answer them. Nothing fails by it: jobs wait.
package struct Breaker: Equatable, Sendable {
    /// When it opens and how it closes.
    package struct Policy: Equatable, Sendable {
        /// The newest calls that are looked at.
        package var window: Int
        /// Opens when at least this share of the window failed.
        package var failureShare: Double
        /// The first wait after opening; doubles with every probe that fails.
        package var openFor: Duration
        package var openForMax: Duration

        package init(window: Int, failureShare: Double, openFor: Duration, openForMax: Duration) {
            precondition(window > 0 && failureShare > 0 && openFor > .zero && openFor <= openForMax, "breaker policy")
            self.window = window
            self.failureShare = failureShare
            self.openFor = openFor
            self.openForMax = openForMax
        }
    }

    package enum State: Equatable, Sendable {
        /// Calls flow. Goes to `open`.
        case closed
        /// No calls until the moment has come. Goes to `probing`.
        case open(until: Duration)
        /// One call is out to find out. Goes to `closed` or `open`.
        case probing
    }

    /// What may be claimed for the account.
    package enum Permit: Equatable, Sendable {
        case all
        case oneProbe
        case none
    }

    package private(set) var state = State.closed
    private let policy: Policy
    private var recent: [Bool] = []
    private var wait: Duration

    package init(policy: Policy) {
        self.policy = policy
        wait = policy.openFor
    }

    /// What may be claimed at `uptime` (monotonic, from any fixed origin).
    package func permit(at uptime: Duration) -> Permit {
        switch state {
        case .closed: .all
        case .open(let until): uptime >= until ? .oneProbe : .none
        case .probing: .none
        }
    }

    /// A call that was permitted as a probe is being made.
    package mutating func probeStarted() {
        guard case .open = state else { return }
        state = .probing
    }

    /// The probe was not made after all (nothing was waiting, or it was released unsent).
    package mutating func probeAbandoned(at uptime: Duration) {
        guard state == .probing else { return }
        state = .open(until: uptime)
    }

    /// A call ended at `uptime`. Returns true when the breaker changed between open and closed.
    package mutating func callEnded(isFailure: Bool, at uptime: Duration) -> Bool {
        switch state {
        case .closed:
            recent.append(isFailure)
            if recent.count > policy.window { recent.removeFirst() }
            let failures = recent.count(where: { $0 })
            guard recent.count == policy.window, Double(failures) >= policy.failureShare * Double(policy.window) else {
                return false
            }
            open(at: uptime)
            return true
        case .open:
            // A call from before the opening: it says nothing new.
            return false
        case .probing:
            guard isFailure else {
                state = .closed
                recent = []
                wait = policy.openFor
                return true
            }
            wait = min(policy.openForMax, wait * 2)
            open(at: uptime)
            return false
        }
    }

    private mutating func open(at uptime: Duration) {
        state = .open(until: uptime + wait)
        recent = []
    }
}
