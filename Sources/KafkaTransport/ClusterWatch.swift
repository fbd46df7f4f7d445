import CLibrdkafka
import Logs

/// Says once that Kafka is away and once that it is back, and keeps repeated errors from filling the log.
struct ClusterWatch {
    private static let probeEvery: Duration = .seconds(1)
    private static let probeWaitMs: Int32 = 300
    /// A broker that was not tried yet is connected to within this.
    private static let refusalWaitMs: Int32 = 500
    private static let repeatAfter: Duration = .seconds(60)

    private let servers: String
    private let log: Log
    private var isDown = false
    /// A connection broke, so that a probe is due.
    private var isSuspected = false
    private var probeNotBefore = ContinuousClock.now
    private var noted: [Int32: ContinuousClock.Instant] = [:]
    /// Whether partitions were ever assigned: the login and the group work.
    private(set) var hasJoined: Bool
    /// Until then: whether those who refuse this client are all that there are.
    private var refusals = StartRefusals()

    init(servers: String, hasJoined: Bool, log: Log) {
        self.servers = servers
        self.hasJoined = hasJoined
        self.log = log
    }

    /// A connection broke, or could not be made, or there is none to any broker.
    mutating func notReached(_ fault: KafkaFault) {
        if fault.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN {
            refusals.allDown()
        } else {
            refusals.notReached(fault)
        }
        suspect()
    }

    /// A broker refused the login, or TLS with it failed. One that has worked may come back.
    mutating func refused(_ fault: KafkaFault) {
        note(fault)
        if !hasJoined { refusals.refused(fault, now: .now) }
    }

    /// The refusal that ends a client which has not worked yet; nil while there is none, or another broker may take it.
    mutating func refusal(_ client: ClientHandle, _ exchange: IntakeExchange) -> KafkaFault? {
        guard !hasJoined, refusals.isAskDue(now: .now) else { return nil }
        guard client.isAnswered(waitMs: Self.refusalWaitMs) else { return refusals.unanswered(now: .now) }
        answered(exchange)
        return nil
    }

    /// A connection broke, or could not be made. That is no news while another broker answers, so one is asked.
    private mutating func suspect() {
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
        if !hasJoined { refusals.answered() }
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
