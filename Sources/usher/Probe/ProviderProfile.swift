import SessionCore

/// What a probe's facts mean for an account: its class, the settings that follow, and what stands in the way. Pure.
struct ProviderProfile: Equatable, Sendable {
    enum Class: String, Equatable, Sendable {
        /// The same order is answered with the same session: sending again is safe.
        case idempotent = "P1"
        /// Look-ups find what was opened.
        case lookUp = "P2"
        /// Neither: one attempt, then a person.
        case neither = "P3"

        var meaning: String {
            switch self {
            case .idempotent:
                "the same order is answered with the same session, so a lost answer is simply asked for again"
            case .lookUp:
                "a look-up says whether a session was opened, so a lost answer is looked up before anything else"
            case .neither: "nothing tells whether a session was opened, so a lost answer is a person's to resolve"
            }
        }
    }

    /// A line of the file.
    struct Setting: Equatable, Sendable {
        var key: String
        var value: String
        var reason: String
        var question: ProbeQuestion
    }

    /// Nil where too little was asked.
    private(set) var providerClass: Class?
    private(set) var settings: [Setting] = []
    /// The account cannot be used like this.
    private(set) var problems: [String] = []
    /// It can, and someone should know.
    private(set) var advice: [String] = []

    init(_ facts: ProbeFacts) {
        classify(facts)
        decideUnknown(facts)
        decideValidity(facts)
        decideClock(facts)
        if let areBytes = facts.areLengthsBytes {
            let value = areBytes ? "bytes" : "characters"
            add(
                "length_unit",
                value,
                "An agent_name of 17 two-byte characters was \(areBytes ? "refused" : "taken").",
                .lengths
            )
        }
        judge(facts)
    }

    private mutating func add(_ key: String, _ value: String, _ reason: String, _ question: ProbeQuestion) {
        settings.append(Setting(key: key, value: value, reason: reason, question: question))
    }

    // MARK: Class

    /// One answer that contradicts is enough not to trust the others.
    private mutating func classify(_ facts: ProbeFacts) {
        if facts.isIdempotent {
            providerClass = .idempotent
        } else if facts.inTurn != nil || facts.atOnce != nil || facts.replay != nil {
            switch facts.lookUps {
            case .findOpen: providerClass = .lookUp
            case .findTriedOnly, .refused: providerClass = .neither
            case nil: return
            }
        }
        // A request that never grows old may still be on its way when the look-up finds nothing.
        if providerClass == .lookUp, facts.validitySeconds == .max { providerClass = .neither }
    }

    private mutating func decideUnknown(_ facts: ProbeFacts) {
        switch facts.lookUps {
        case .findOpen where facts.validitySeconds == .max:
            add("look_up", "false", "Requests do not grow old, so “not found” proves nothing.", .lookUps)
        case .findOpen: add("look_up", "true", "A look-up finds an open session.", .lookUps)
        case .findTriedOnly:
            add("look_up", "false", "A look-up does not find an open session, so “not found” proves nothing.", .lookUps)
        case .refused(let words): add("look_up", "false", "Look-ups are refused: \(words).", .lookUps)
        case nil: break
        }
        guard let providerClass else { return }
        let (policy, reason) = Self.policy(providerClass, facts)
        add("unknown_policy", policy.rawValue, reason, .sameOrder)
    }

    private static func policy(_ providerClass: Class, _ facts: ProbeFacts) -> (UnknownPolicy, String) {
        switch providerClass {
        case .idempotent: return (.repost, "The same order gets the same session.")
        case .neither: return (.park, "Nothing tells whether a session was opened.")
        case .lookUp: break
        }
        switch (facts.inTurn ?? facts.replay ?? facts.atOnce, facts.afterExpiry) {
        case (.fresh, _): return (.repost, "An order may be opened again at once, and nobody got the lost link.")
        case (.refused, .fresh): return (.wait, "An order may be opened again only once its session has expired.")
        case (.refused, nil):
            return (
                .park,
                "An order may not be opened again while its session lives; ask with --wait whether it may afterwards."
            )
        case (.refused, _): return (.park, "An order may not be opened again, not even once its session has expired.")
        case (.mixed, _), (.same, _):
            return (.wait, "The same order got sometimes the same session and sometimes another.")
        case (nil, _): return (.park, "It is not known what opening an order again does.")
        }
    }

    // MARK: Times

    private mutating func decideValidity(_ facts: ProbeFacts) {
        guard let seconds = facts.validitySeconds else { return }
        guard seconds != .max else {
            problems.append(
                "a request signed ten minutes ago is still accepted, so a lost request never grows old and “not found” "
                    + "proves nothing; ask the provider's support for the documented 60 s"
            )
            return add(
                "request_validity",
                "600s",
                "The longest that can be set; the provider takes even older ones.",
                .timestamps
            )
        }
        add("request_validity", "\(seconds)s", "A request signed \(max(61, seconds)) s ago was refused.", .timestamps)
    }

    private mutating func decideClock(_ facts: ProbeFacts) {
        guard let difference = facts.clockDifference else { return }
        // Half a second is what timestamps without fractions hide.
        let agrees = difference > .milliseconds(-550) && difference < .seconds(2)
        let offset = agrees ? -1 : ProbeClock.secondsBelow(difference) - 1
        guard (-300...300).contains(offset) else {
            problems.append(
                "the provider's clock differs by \(difference.inWords), more than clock_offset can make good"
            )
            return
        }
        let reason =
            agrees
            ? "The provider's clock agrees with this machine's"
            : "The provider's clock is \(max(difference, .zero - difference).inWords) "
                + "\(difference < .zero ? "behind" : "ahead of") this machine's: mend that first if the fault is here"
        add("clock_offset", "\(offset)s", reason + ".", .timestamps)
        if max(difference, .zero - difference) > .seconds(5) { advice.append("t" + reason.dropFirst()) }
    }

    // MARK: Judgement

    private mutating func judge(_ facts: ProbeFacts) {
        if let disbelief = facts.disbelief {
            problems.append("a worker would report none of these sessions: \(disbelief)")
        }
        if facts.successSigning.contains(.withoutURL) {
            problems.append("the signature does not cover redirect_url, so nothing vouches for the link")
        }
        if facts.successSigning.contains(.wrong) || facts.successSigning.contains(.absent) {
            problems.append(
                "sessions came that are unsigned or signed over something else: a worker reports none of those"
            )
        }
        if facts.errorSigning.contains(.wrong) {
            advice.append("some errors carry a signature that is wrong: a worker takes their outcome for unknown")
        }
        if case .cut(let length) = facts.longOrder {
            advice.append(
                "order_ids of more than \(length) characters are cut silently: two of them may meet; Usher refuses them"
            )
        }
        if facts.lookUps == .findTriedOnly {
            advice.append(
                "look-ups know only orders that somebody tried to pay; with look_up on, orders would be sent again"
            )
        }
        if case .findOpen(let after) = facts.lookUps, after > .zero {
            advice.append("look-ups found a session only \(after.inWords) after it was opened")
        }
        if facts.doLookUpsShowURL {
            advice.append("look-ups show the redirect URL, which no page documents and no signature covers: not used")
        }
        if facts.isFutureTaken == true {
            advice.append("timestamps of the future are accepted: a clock that is ahead makes a request live longer")
        }
        if facts.isLimitSeen { advice.append("calls were refused as too many: lower concurrency_max") }
    }
}

extension ProbeFacts {
    /// Whether every way of asking again got the same session, one of them at least.
    var isIdempotent: Bool {
        let answers = [inTurn, atOnce, replay].compactMap { $0 }
        return inTurn == .same && answers.allSatisfy { $0 == .same }
    }
}

/// How differences of clocks are cut.
enum ProbeClock {
    /// Towards zero.
    static func wholeSeconds(_ difference: Duration) -> Int64 {
        difference.components.seconds
    }

    /// Whole seconds that are not more than the difference.
    static func secondsBelow(_ difference: Duration) -> Int64 {
        let (seconds, rest) = difference.components
        return rest < 0 ? seconds - 1 : seconds
    }
}
