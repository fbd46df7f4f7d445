import SessionCore

/// The database's clock as a worker knows it: what its answers showed, carried on by the worker's own time. Pure.
///
/// An answer tells what the clock showed at some moment since the question, no more: a commit that stalls tells the
/// time at which it began. So what is known stays, unless that is earlier or later than the answer allows for.
///
/// That clock may be set ahead: by a person, by a daemon that steps it, by another server that takes over. It then
/// shows time that has not passed, in which a request that is still good would count as too old to be accepted. The
/// worker's own time tells: from one answer to the next both have to go on alike. A clock that is set back makes
/// nothing but delays.
struct DatabaseClock: Sendable {
    /// By what part of the time that passes the two clocks may drift apart.
    private static let driftPart = 10_000
    /// So long an answer tells what the clock can show at most; then a newer one does, if it came so quickly that it
    /// tells it well. One that was long under way could hide a step.
    private static let boundAge = Duration.seconds(60)
    private static let quick = Duration.seconds(1)

    private var shown: Timestamp
    private var shownAt = Duration.zero
    private var isGuess = true
    /// What the clock showed at the uptime zero, at most, by the answer that came at `boundAt`.
    private var bound: Timestamp?
    private var boundAt = Duration.zero
    /// When it was last found to have been set ahead, in uptime.
    private(set) var steppedAt: Duration?
    private let stepMax: Duration?

    /// - Parameters:
    ///   - wall: a first guess, replaced by the database's first answer and not compared with it.
    ///   - stepMax: the clock may be ahead by so much before it counts as set; nil: it may be set at will.
    init(wall: Timestamp, stepMax: Duration?) {
        shown = wall
        self.stepMax = stepMax
    }

    func now(at uptime: Duration) -> Timestamp {
        shown.advanced(by: uptime - shownAt)
    }

    /// Since when it has gone on evenly, by its present time; nil: for as long as it is known.
    var steadySince: Timestamp? {
        steppedAt.map { now(at: $0) }
    }

    /// Takes what the clock showed at some moment between a question and its answer, both in uptime. Returns by how
    /// much it was set ahead at least, where this answer is the first to tell.
    mutating func learn(_ database: Timestamp, asked: Duration, received: Duration) -> Duration? {
        // Asked before the step was seen, it may be of before the step.
        if let steppedAt, asked < steppedAt { return nil }
        follow(database, latest: database.advanced(by: received - asked), at: received)
        guard let stepMax else { return nil }
        let most = database.advanced(by: .zero - asked)
        let least = database.advanced(by: .zero - received)
        guard let bound else {
            setBound(most, received)
            return nil
        }
        let age = received - boundAt
        let ahead = bound.duration(to: least)
        if ahead > stepMax + age / Self.driftPart {
            setBound(most, received)
            steppedAt = received
            return ahead
        }
        let isOld = age > Self.boundAge && received - asked <= Self.quick
        if most < bound || isOld { setBound(most, received) }
        return nil
    }

    /// Takes that the clock showed something from `earliest` to `latest` at `uptime`.
    private mutating func follow(_ earliest: Timestamp, latest: Timestamp, at uptime: Duration) {
        let known = now(at: uptime)
        guard isGuess || known < earliest || known > latest else { return }
        shown = isGuess ? earliest : min(max(known, earliest), latest)
        shownAt = uptime
        isGuess = false
    }

    private mutating func setBound(_ most: Timestamp, _ uptime: Duration) {
        bound = most
        boundAt = uptime
    }
}
