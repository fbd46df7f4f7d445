/// Whether brokers still answer a reader. Pure: time comes from outside.
///
/// librdkafka tells of broken connections, of idle ones too, and another broker may answer: that is only a reason to
/// ask. Brokers are away once every question of `patience` remained without an answer.
struct BrokerSilence: Sendable {
    private static let askEvery: Duration = .seconds(1)

    private let patience: Duration
    /// A connection broke, and no question was answered since.
    private var isSuspected = false
    private var askNotBefore: ContinuousClock.Instant?
    /// Since when nothing came but questions without an answer.
    private var since: ContinuousClock.Instant?
    private var isAway = false

    init(patience: Duration) {
        self.patience = patience
    }

    /// A connection broke, or could not be made.
    mutating func suspect() {
        isSuspected = true
    }

    /// Whether a broker is to be asked for a sign of life.
    func isAskDue(now: ContinuousClock.Instant) -> Bool {
        isSuspected && askNotBefore.map { now >= $0 } ?? true
    }

    /// A broker answered the question.
    mutating func answered() -> ResultReader.News? {
        isSuspected = false
        askNotBefore = nil
        return received()
    }

    /// Something of a partition came. It may have lain here since before the connection broke: a broker that was
    /// suspected is asked all the same.
    mutating func received() -> ResultReader.News? {
        since = nil
        guard isAway else { return nil }
        isAway = false
        return .back
    }

    /// No broker answered the question in time.
    mutating func unanswered(now: ContinuousClock.Instant) -> ResultReader.News? {
        askNotBefore = now + Self.askEvery
        let begin = since ?? now
        since = begin
        guard !isAway, now - begin >= patience else { return nil }
        isAway = true
        return .away
    }
}
