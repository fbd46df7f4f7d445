import Synchronization

/// Tells from this worker's life signs, which are commits like any other, whether the database has been there for a
/// while. Only then are leases ended and others' results taken over: where it was away, outcomes and acknowledgements
/// waited for it, and leases and life signs ran out meanwhile. They are to be written before anybody takes those leases
/// and results for a lost worker's.
final class LifeSigns: Sendable {
    /// Without a life sign for so long a worker counts as dead.
    static let lifetime = Duration.seconds(15)
    static let interval = lifetime / 5
    /// A longer silence means that the database was away.
    static let silenceMax = lifetime / 2
    /// How long the database must have been there. What waits for it is tried again every 2 s (`Patience`), and on a
    /// connection that is made anew after 5 s at most: in every worker that is over by then.
    static let steadyAfter = Duration.seconds(10)

    private struct Spell {
        /// Whether there was none before.
        var isFirst: Bool
        var since: Duration
        var last: Duration
    }

    private let spell = Mutex<Spell?>(nil)

    /// A life sign got through.
    func given(at uptime: Duration) {
        spell.withLock { spell in
            if let known = spell, uptime - known.last <= Self.silenceMax {
                spell = Spell(isFirst: known.isFirst, since: known.since, last: uptime)
            } else {
                spell = Spell(isFirst: spell == nil, since: uptime, last: uptime)
            }
        }
    }

    /// Whether they have got through for a while.
    func areSteady(at uptime: Duration) -> Bool {
        spell.withLock { spell in
            guard let spell else { return false }
            return uptime - spell.last <= Self.silenceMax && uptime - spell.since >= Self.steadyAfter
        }
    }

    /// Whether the database seems to be away, or was until a moment ago; before the first life sign nobody knows.
    func wasAway(at uptime: Duration) -> Bool {
        spell.withLock { spell in
            guard let spell else { return false }
            return uptime - spell.last > Self.silenceMax || !spell.isFirst && uptime - spell.since < Self.steadyAfter
        }
    }
}
