import Logs

/// Says once that Kafka is away and once that it is back, and keeps repeated errors from filling the log.
struct ClusterWatch {
    private static let probeEvery: Duration = .seconds(1)
    private static let probeWaitMs: Int32 = 300
    private static let repeatAfter: Duration = .seconds(60)

    private let servers: String
    private let log: Log
    private var isDown = false
    /// A connection broke, so that a probe is due.
    private var isSuspected = false
    private var probeNotBefore = ContinuousClock.now
    private var noted: [Int32: ContinuousClock.Instant] = [:]
    /// Whether partitions were ever assigned: the login and the group work.
    private(set) var hasJoined = false

    init(servers: String, log: Log) {
        self.servers = servers
        self.log = log
    }

    /// A connection broke, or could not be made. That is no news while another broker answers, so one is asked.
    mutating func suspect() {
        guard !isDown, !isSuspected else { return }
        isSuspected = true
        probeNotBefore = .now
    }

    private mutating func down(_ exchange: IntakeExchange) {
        guard !isDown else { return }
        isDown = true
        exchange.changeHealth { $0.waitingFor = "kafka" }
        log.warning("no broker answers; reading goes on when one does", [.waitingFor: LogValue(servers)])
    }

    mutating func joined(_ exchange: IntakeExchange) {
        hasJoined = true
        answered(exchange)
    }

    /// A broker gave a sign of life.
    mutating func answered(_ exchange: IntakeExchange) {
        isSuspected = false
        guard isDown else { return }
        isDown = false
        noted = [:]
        exchange.changeHealth { $0.waitingFor = nil }
        log.notice("Kafka answers again", [.broker: LogValue(servers)])
    }

    /// While Kafka seems away: asks for something small, now and then, because an idle topic gives no sign of life.
    mutating func probe(_ client: ClientHandle, _ exchange: IntakeExchange) {
        guard isDown || isSuspected, ContinuousClock.now >= probeNotBefore else { return }
        let isAnswered = client.isAnswered(waitMs: Self.probeWaitMs)
        probeNotBefore = .now + Self.probeEvery
        if isAnswered {
            answered(exchange)
        } else {
            down(exchange)
        }
    }

    /// A passing error: logged when it is new, and once a minute while it lasts.
    mutating func note(_ fault: KafkaFault) {
        let now = ContinuousClock.now
        if let last = noted[fault.number], now - last < Self.repeatAfter { return }
        noted[fault.number] = now
        log.warning(
            "Kafka reports an error; it is retried",
            [.code: LogValue(fault.name), .reason: LogValue(fault.text)]
        )
    }
}
