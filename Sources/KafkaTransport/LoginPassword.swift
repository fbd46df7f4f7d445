/// The password of a SASL login, which may change while its client lives: librdkafka is given the new one.
struct LoginPassword {
    /// How often it is asked for.
    static let interval: Duration = .seconds(1)

    let username: String
    /// What librdkafka has.
    private(set) var given: [UInt8]
    private let current: @Sendable () -> [UInt8]
    private var askNotBefore: ContinuousClock.Instant

    /// nil where there is no login by name and password.
    init?(of security: KafkaSettings.Security, now: ContinuousClock.Instant) {
        guard case .sasl(_, let username, let password, _) = security else { return nil }
        self.username = username
        current = password
        given = password()
        askNotBefore = now + Self.interval
    }

    /// The password, if it is another than before; asks once an interval at most.
    mutating func renewed(now: ContinuousClock.Instant) -> [UInt8]? {
        guard now >= askNotBefore else { return nil }
        askNotBefore = now + Self.interval
        let password = current()
        guard password != given else { return nil }
        given = password
        return password
    }
}
