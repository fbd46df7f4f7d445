/// Whether refusals end a client that has not worked yet. Pure: time comes from outside.
///
/// A login that never worked will not begin to. But one of several brokers may have a wrong certificate, or not know
/// the user yet, while another takes the client: so somebody is asked first, and a refusal counts if nobody answers.
struct StartRefusals: Sendable {
    /// How long brokers that may yet answer are waited for.
    static let patience: Duration = .seconds(12)
    /// How soon after a refusal it is asked whether anybody answers: then the others have had time to refuse as well.
    static let askAfter: Duration = .milliseconds(200)
    static let askEvery: Duration = .seconds(1)

    private var first: (fault: KafkaFault, at: ContinuousClock.Instant)?
    private var askAt: ContinuousClock.Instant?
    /// By each broker's name, whether it was reached and refused.
    private var hasRefused: [String: Bool] = [:]
    private var areAllDown = false

    /// A broker refused the login, or TLS with it failed.
    mutating func refused(_ fault: KafkaFault, now: ContinuousClock.Instant) {
        hasRefused[Self.broker(of: fault)] = true
        guard first == nil else { return }
        first = (fault, now)
        askAt = now + Self.askAfter
    }

    /// A broker was not reached. Of several addresses that its name has another may be.
    mutating func notReached(_ fault: KafkaFault) {
        let broker = Self.broker(of: fault)
        if hasRefused[broker] == nil { hasRefused[broker] = false }
    }

    /// There is no connection to any broker.
    mutating func allDown() {
        areAllDown = true
    }

    /// Whether it is time to ask if anybody answers.
    func isAskDue(now: ContinuousClock.Instant) -> Bool {
        askAt.map { now >= $0 } ?? false
    }

    mutating func answered() {
        self = StartRefusals()
    }

    /// Nobody answered. The refusal that ends the client; nil while another broker may still take it.
    mutating func unanswered(now: ContinuousClock.Instant) -> KafkaFault? {
        guard let first else { return nil }
        askAt = now + Self.askEvery
        let hasEachRefused = areAllDown && hasRefused.values.allSatisfy { $0 }
        return hasEachRefused || now - first.at >= Self.patience ? first.fault : nil
    }

    /// librdkafka's words begin with the broker's name, such as `sasl_ssl://host:9093/bootstrap: `.
    private static func broker(of fault: KafkaFault) -> String {
        fault.text.firstRange(of: ": ").map { String(fault.text[..<$0.lowerBound]) } ?? ""
    }
}
