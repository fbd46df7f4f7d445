import Synchronization

/// A check and what it rests on.
struct DoctorCheck: Sendable {
    var name: String
    /// Names of earlier checks; a check is skipped when one of them found that it cannot be built on.
    var basis: [String] = []
    var run: @Sendable () async -> [Finding]
}

/// Runs checks in order, each in bounded time, and skips those without a basis.
struct CheckChain: Sendable {
    static let limit: Duration = .seconds(10)

    let checks: [DoctorCheck]
    private let limit: Duration
    private(set) var findings: [CheckedFinding] = []
    private var blocked: Set<String> = []

    init(_ checks: [DoctorCheck], limit: Duration = Self.limit) {
        self.checks = checks
        self.limit = limit
    }

    /// Runs one check after the other; `tell` gets each finding as it comes.
    mutating func run(tell: (CheckedFinding) throws -> Void) async throws {
        for check in checks { try await run(check, tell) }
    }

    /// Runs one check. Its findings count for those that rest on it.
    private mutating func run(_ check: DoctorCheck, _ tell: (CheckedFinding) throws -> Void) async throws {
        for finding in await outcome(of: check) {
            if finding.blocks { blocked.insert(check.name) }
            let checked = CheckedFinding(check: check.name, finding: finding)
            findings.append(checked)
            try tell(checked)
        }
    }

    private func outcome(of check: DoctorCheck) async -> [Finding] {
        if let failed = check.basis.first(where: blocked.contains) {
            return [.skipped("\(failed) has a problem")]
        }
        let seconds = limit.inWords
        return await Deadline.run(limit, check.run)
            ?? [.blocking("did not end within \(seconds); something on the way answers nobody")]
    }
}

/// Work in bounded time.
enum Deadline {
    /// What `work` returns, or nil once `limit` has passed; it may run on then, and nobody waits for it.
    static func run<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withCheckedContinuation { continuation in
            let race = Race(continuation)
            Task { race.end(await work()) }
            race.time(
                Task {
                    // Ends early when the work ended first.
                    try? await ContinuousClock().sleep(for: limit)
                    race.end(nil)
                }
            )
        }
    }

    /// Resumes once, with whatever comes first.
    private final class Race<Value: Sendable>: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Value?, Never>?
            var timer: Task<Void, Never>?
        }

        private let state: Mutex<State>

        init(_ continuation: CheckedContinuation<Value?, Never>) {
            state = Mutex(State(continuation: continuation))
        }

        func time(_ timer: Task<Void, Never>) {
            let isOver = state.withLock { state in
                state.timer = timer
                return state.continuation == nil
            }
            if isOver { timer.cancel() }
        }

        func end(_ value: Value?) {
            let (continuation, timer) = state.withLock { state in
                let taken = (state.continuation, state.timer)
                state.continuation = nil
                return taken
            }
            timer?.cancel()
            continuation?.resume(returning: value)
        }
    }
}
