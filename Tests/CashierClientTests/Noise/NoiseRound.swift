import SessionCore

@testable import CashierClient

/// What came of rounds of noise.
struct NoiseTally: Sendable {
    var rounds = 0
    /// Replies that were read.
    var replies = 0
    /// By the word for the outcome.
    var outcomes: [String: Int] = [:]
    /// By the answer's code.
    var codes: [String: Int] = [:]
    /// Damaged replies that more damage happened to mend.
    var mended = 0
    /// What must not have happened: the round, and what it was.
    var faults: [String] = []

    mutating func add(_ other: NoiseTally) {
        rounds += other.rounds
        replies += other.replies
        outcomes.merge(other.outcomes) { $0 + $1 }
        codes.merge(other.codes) { $0 + $1 }
        mended += other.mended
        faults += other.faults
    }
}

/// A round: a reply is damaged and read; if nothing is known then, it is damaged again; and a reply that says nothing
/// for certain gets noise without the secret. All of it follows from the seed and the round's number.
struct NoiseRound {
    private static let account = Sample.account()
    private static let opening = ReplyReader.Expectation.open(SharedRequest(Sample.request()))
    private static let lookUp = ReplyReader.Expectation.lookUp(orderID: "o-1")

    private static let bases: [NoisyReply] = [
        .opened(), .opened(), .opened(), .refused(400, "Input validation failed"), .refused(333, "maintenance"),
        .found("open", transaction: "pending"),
    ].map { (sample: SampleReply) in NoisyReply(sample) }

    /// Replies to which the answer is unknown, and that no noise without the secret may turn into a session. Their flaw
    /// is not a matter of a few bytes.
    static let unknowns: [(name: String, reply: NoisyReply)] = {
        func changed(_ name: String, _ change: (inout SampleReply) -> Void) -> (name: String, reply: NoisyReply) {
            var sample = SampleReply.opened()
            change(&sample)
            return (name, NoisyReply(sample))
        }
        let whole = NoisyReply(SampleReply.opened())
        let half = Array(whole.body.prefix(whole.body.count / 2))
        return [
            changed("unsigned") { $0.secret = nil },
            changed("other secret") { $0.secret = "AnotherSecretKey" },
            changed("other order") { $0["session.order_id"] = .text("another-order") },
            changed("no order") { $0["session.order_id"] = nil },
            changed("other customer") { $0["session.cid"] = .text("another-customer") },
            changed("no session") { $0["session"] = nil },
            changed("stale") { $0["timestamp"] = .number(Sample.signedAt - 3_600) },
            changed("no timestamp") { $0["timestamp"] = nil },
            changed("empty URL") { $0["redirect_url"] = .text("") },
            changed("no URL") { $0["redirect_url"] = nil },
            changed("plain URL") { $0["redirect_url"] = .text("http://pay.example.test/login/8a7s") },
            changed("script") { $0["redirect_url"] = .text("javascript:alert(1)") },
            changed("internal error") { $0["status"] = .number(-1) },
            changed("generic error") { $0["status"] = .number(999) },
            changed("maintenance") { $0["status"] = .number(333) },
            ("half a body", NoisyReply(status: 200, headers: whole.headers, body: half)),
            ("no body", NoisyReply(status: 200, headers: whole.headers, body: [])),
            ("a page", NoisyReply(status: 200, headers: whole.headers, body: Array("<h1>Please stand by</h1>".utf8))),
            ("bad gateway", NoisyReply(status: 502, headers: whole.headers, body: whole.body)),
            ("redirect", NoisyReply(status: 302, headers: whole.headers, body: whole.body)),
        ]
    }()

    let number: Int
    private var noise: Noise
    private(set) var tally = NoiseTally()

    init(seed: UInt64, number: Int) {
        self.number = number
        noise = Noise(seed: seed, round: number)
    }

    static func run(seed: UInt64, _ numbers: Range<Int>) -> NoiseTally {
        var tally = NoiseTally()
        for number in numbers {
            var round = NoiseRound(seed: seed, number: number)
            round.run()
            tally.add(round.tally)
        }
        return tally
    }

    private mutating func run() {
        tally.rounds = 1
        damageTwice()
        addNoise()
    }

    private mutating func damageTwice() {
        var damaged = Self.bases[number % Self.bases.count]
        damaged.damage(&noise)
        if noise.one(in: 8) { damaged.damageStatus(&noise) }
        if noise.one(in: 8) { damaged.damageHeaders(&noise) }
        // Half of them are signed again, so that the signature does not hide what comes after it.
        if noise.one(in: 2) { damaged.signAgain() }
        let isLookUp = noise.one(in: 4)
        let first = read(damaged, isLookUp ? Self.lookUp : Self.opening)
        guard first.outcome == .unknown, !isLookUp else { return }
        damaged.damage(&noise)
        if read(damaged, Self.opening).outcome.isOpened { tally.mended += 1 }
    }

    private mutating func addNoise() {
        let (name, base) = Self.unknowns[Int.random(in: 0..<Self.unknowns.count, using: &noise)]
        var noisy = base
        noisy.damage(&noise)
        if noise.one(in: 4) { noisy.damageHeaders(&noise) }
        if read(noisy, Self.opening).outcome.isOpened {
            tally.faults.append("round \(number): noise opened a session out of “\(name)”")
        }
    }

    private mutating func read(_ reply: NoisyReply, _ expectation: ReplyReader.Expectation) -> CashierAnswer {
        let answer = ReplyReader(
            account: Self.account,
            expectation: expectation,
            now: Timestamp(seconds: Sample.signedAt)
        ).classify(reply.reply)
        tally.replies += 1
        tally.outcomes[answer.outcome.word, default: 0] += 1
        tally.codes[answer.code, default: 0] += 1
        if answer.outcome.isOpened, expectation != Self.opening || !reply.isGenuine {
            tally.faults.append("round \(number): opened, and not genuine: \(reply.shown)")
        }
        if answer.message.utf8.count > 256 || answer.message.contains("://") {
            tally.faults.append("round \(number): the message says too much")
        }
        return answer
    }
}

extension CallOutcome {
    /// For counting.
    var word: String {
        switch self {
        case .opened: "opened"
        case .refused(let errorClass): "refused: \(errorClass.rawValue)"
        case .notSent: "not sent"
        case .unknown: "unknown"
        case .found(let sight): "found: \(sight)"
        case .notFound: "not found"
        case .lookUpRefused: "look-up refused"
        }
    }
}
