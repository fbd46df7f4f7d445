import SessionCore

/// What holds an account, as far as this worker knows: what its own calls met is in force here before it is stored.
struct AccountHolding: Equatable, Sendable {
    private(set) var kinds: Set<HoldKind> = []
    /// The lease of the one job that may be sent all the same.
    var trial: LeaseRef?
    private var trialAt: Timestamp?
    /// Until when this worker has the right to a trial that it found no job for yet.
    private var owedUntil: Timestamp?
    /// Whether the last trial that was a look-up was not dealt with.
    private var lookUpWasInVain = false
    /// Trials of this hold that were answered here. Each begins with another lane: an agent's order that is refused
    /// alone would stand before all of a campaign, each time.
    private var trialsAnswered = 0
    /// Holds met and not stored yet: until then the stored ones are older than what is known here.
    private var unstored = 0
    /// Counts what was stored or ended by this worker: a reading that began before is too old.
    private(set) var version = 0

    var isHeld: Bool { !kinds.isEmpty }

    /// Whether a trial leaves look-ups alone while there are jobs to send: one that is refused each time would stand
    /// before all jobs that can show that a hold's reason is over. A fault ends with one of these only.
    var leavesLookUps: Bool { kinds.contains(.fault) || lookUpWasInVain }

    /// A call asked for a hold. Returns whether it is new.
    mutating func met(_ kind: HoldKind) -> Bool {
        unstored += 1
        return kinds.insert(kind).inserted
    }

    mutating func stored(_ count: Int) {
        unstored -= count
        version += 1
        precondition(unstored >= 0, "more holds stored than were met")
    }

    func isCurrent(_ version: Int) -> Bool {
        unstored == 0 && version == self.version
    }

    /// Returns those that are new.
    mutating func read(_ holds: [AccountHold]) -> [AccountHold] {
        let new = holds.filter { !kinds.contains($0.kind) }
        kinds = Set(holds.map(\.kind))
        trialAt = kinds.allSatisfy(\.hasTrials) ? holds.compactMap(\.trialAt).min() : nil
        if kinds.isEmpty {
            owedUntil = nil
            lookUpWasInVain = false
            trialsAnswered = 0
        }
        return new
    }

    mutating func takeTrial(now: Timestamp) -> Bool {
        guard trial == nil else { return false }
        if let owedUntil, now < owedUntil { return true }
        guard let trialAt, trialAt <= now else { return false }
        self.trialAt = nil
        return true
    }

    mutating func owe(until: Timestamp) {
        owedUntil = until
    }

    /// The lanes in the order in which the next trial looks for its job.
    var trialLanes: [Lane] {
        let first = trialsAnswered % Lane.allCases.count
        return Array(Lane.allCases[first...] + Lane.allCases[..<first])
    }

    mutating func trialAnswered() {
        trial = nil
        trialsAnswered += 1
    }

    /// A trial that was a look-up has ended.
    mutating func lookUpTried(inVain: Bool) {
        lookUpWasInVain = inVain
    }

    /// Returns whether one is owed; it is no longer.
    mutating func payTrial(now: Timestamp) -> Bool {
        defer { owedUntil = nil }
        guard let owedUntil else { return false }
        return now < owedUntil
    }

    /// A trial went well.
    mutating func trialsEnded() {
        version += 1
        kinds = kinds.filter { !$0.hasTrials }
        trialAt = nil
        owedUntil = nil
        lookUpWasInVain = false
        trialsAnswered = 0
    }
}
