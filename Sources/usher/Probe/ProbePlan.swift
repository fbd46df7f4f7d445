import CashierClient

/// What a probe is going to ask. Pure.
struct ProbePlan: Equatable, Sendable {
    /// In order.
    var questions = ProbeQuestion.allCases
    /// Asks only what opens no session.
    var isReadOnly = false
    /// Waits for a session to expire.
    var waits = false
    /// Orders that somebody paid or let expire, to be looked up.
    var paidOrder: String?
    var expiredOrder: String?
    /// Whether the provider is on this machine: then it may be the simulator, which can be told that an order is paid.
    var isLocal = false

    /// How long a session is waited for to expire.
    var lifetime: Duration = .seconds(15 * 60)
    /// Beyond it, for clocks and for what the provider does in the background.
    var lifetimeMargin: Duration = .seconds(20)
    /// When an order that was just opened is looked up, counted from its opening.
    var lookUpMoments: [Duration] = [.zero, .seconds(1), .milliseconds(3_200), .seconds(10)]
    /// Look-ups at once, to meet a limit if there is a low one.
    var burst = 20

    /// Why a question cannot be asked at all; nil if it can.
    func obstacle(to question: ProbeQuestion) -> String? {
        if isReadOnly, !question.isReadOnlyPossible { return "it opens sessions, and --read-only was given" }
        if question == .afterExpiry, !waits {
            return "a session lives \(lifetime.inWords); --wait asks it too"
        }
        return nil
    }

    var asked: [ProbeQuestion] { questions.filter { obstacle(to: $0) == nil } }

    var sessionsMax: Int { isReadOnly ? 0 : asked.map(\.sessionsMax).reduce(0, +) }

    /// Whether the answers are all there are to be had, but for the one that takes long.
    var isWhole: Bool { !isReadOnly && questions == ProbeQuestion.allCases }

    /// A line a question, for a person to agree to.
    var lines: [String] {
        questions.map { question in
            let number = String(repeating: " ", count: question.rawValue < 10 ? 1 : 0) + String(question.rawValue)
            if let obstacle = obstacle(to: question) { return "  \(number)  \(question.title): not asked, \(obstacle)" }
            let sessions = isReadOnly ? 0 : question.sessionsMax
            let cost = sessions == 0 ? "opens nothing" : "opens up to \(sessions) session\(sessions == 1 ? "" : "s")"
            return "  \(number)  \(question.title): \(question.asked) (\(cost))"
        }
    }

    /// Reads `3,6`; nil for anything else.
    static func questions(_ text: String) -> [ProbeQuestion]? {
        var found: Set<ProbeQuestion> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), String(number) == part, let question = ProbeQuestion(rawValue: number) else {
                return nil
            }
            found.insert(question)
        }
        return found.sorted()
    }
}

/// Where a probe may go without being told twice.
enum ProbeHost: Equatable, Sendable {
    case sandbox
    case live
    case loopback
    /// Neither known to be a sandbox nor to be live, such as a white label's: taken for live.
    case unknown

    static let sandboxes: Set<String> = ["pci-gw-test.praxispay.com", "gateway.cashier-test.com"]
    static let lives: Set<String> = ["gw.praxisgate.com", "gateway.praxispay.com"]

    /// Of all hosts that an account's requests go to, the one that asks for the most care.
    init(_ account: CashierAccount) {
        if account.isLocal {
            self = .loopback
            return
        }
        let names = account.hosts.map { $0.split(separator: ":", maxSplits: 1).first.map(String.init) ?? $0 }
        if names.contains(where: Self.lives.contains) {
            self = .live
        } else {
            self = names.allSatisfy(Self.sandboxes.contains) && !names.isEmpty ? .sandbox : .unknown
        }
    }

    /// What to say about an account that is not asked; nil where it may be.
    var refusal: String? {
        switch self {
        case .sandbox, .loopback: nil
        case .live: "is the live system: this would open sessions there; --this-is-live if that is meant"
        case .unknown:
            "is not known to be a sandbox (\(Self.sandboxes.sorted().joined(separator: ", "))); --this-is-live asks it "
                + "all the same"
        }
    }
}
