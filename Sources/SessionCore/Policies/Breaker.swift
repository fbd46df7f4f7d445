/// Stops the claiming of an account's jobs while the provider does not answer them. Nothing fails by it: jobs wait.
package struct Breaker: Equatable, Sendable {
    /// When it opens and how it closes.
    package struct Policy: Equatable, Sendable {
        /// Opens at this many failures within `window`, if they are at least half of the calls within it.
        package var failures: Int
        package var window: Duration
        /// The wait before the first trial call.
        package var openFor: Duration
        /// The wait between trial calls while they fail.
        package var probeInterval: Duration

        package init(failures: Int, window: Duration, openFor: Duration, probeInterval: Duration) {
            precondition(failures > 0 && window > .zero && openFor > .zero && probeInterval > .zero, "breaker policy")
            self.failures = failures
            self.window = window
            self.openFor = openFor
            self.probeInterval = probeInterval
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

    /// The calls of a tenth of the window.
    private struct Slice: Equatable, Sendable {
        var index: Int64
        var calls = 0
        var failures = 0
    }

    private static var slicesPerWindow: Int64 { 10 }

    package private(set) var state = State.closed
    private let policy: Policy
    private var slices: [Slice] = []

    package init(policy: Policy) {
        self.policy = policy
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

    /// The probe was not made after all (nothing was waiting, its job could not be read, or it was released unsent).
    package mutating func probeAbandoned(at uptime: Duration) {
        guard state == .probing else { return }
        state = .open(until: uptime)
    }

    /// A call ended at `uptime`. Returns true when the breaker changed between open and closed.
    package mutating func callEnded(isFailure: Bool, at uptime: Duration) -> Bool {
        switch state {
        case .closed:
            count(isFailure: isFailure, at: uptime)
            let failures = slices.reduce(0) { $0 + $1.failures }
            let calls = slices.reduce(0) { $0 + $1.calls }
            guard isFailure, failures >= policy.failures, failures * 2 >= calls else { return false }
            state = .open(until: uptime + policy.openFor)
            slices = []
            return true
        case .open:
            // A call from before the opening: it says nothing new.
            return false
        case .probing:
            state = isFailure ? .open(until: uptime + policy.probeInterval) : .closed
            return !isFailure
        }
    }

    private mutating func count(isFailure: Bool, at uptime: Duration) {
        let width = max(1, policy.window.wholeMicroseconds / Self.slicesPerWindow)
        let index = uptime.wholeMicroseconds / width
        slices.removeAll { $0.index <= index - Self.slicesPerWindow }
        if slices.last?.index != index { slices.append(Slice(index: index)) }
        slices[slices.count - 1].calls += 1
        if isFailure { slices[slices.count - 1].failures += 1 }
    }
}
