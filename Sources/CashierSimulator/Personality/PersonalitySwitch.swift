/// One choice of a personality: its name, its values, and what it stands for. The command line, the control endpoint,
/// the state file and the documentation all come from `all`.
package struct PersonalitySwitch: Sendable {
    /// As in `duplicates=idempotent`, and as an option of the command line.
    package let name: String
    /// The values; for a time or a number what stands for it, such as `SPAN`.
    package let values: [String]
    /// Whether any time or number is a value, and `values` has its placeholder only.
    package let isOpen: Bool
    /// What it stands for: a sentence.
    package let summary: String
    let read: @Sendable (inout Personality, String) -> Bool
    let write: @Sendable (Personality) -> String

    /// The value of the documented behaviour.
    package var fallback: String { write(Personality()) }

    /// A switch for the value at `path`; `value` is nil for a text that is none.
    private init<Value>(
        _ name: String,
        _ path: any WritableKeyPath<Personality, Value> & Sendable,
        values: [String],
        isOpen: Bool = false,
        _ summary: String,
        value: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) {
        self.name = name
        self.values = values
        self.isOpen = isOpen
        self.summary = summary
        read = { personality, text in
            guard let value = value(text) else { return false }
            personality[keyPath: path] = value
            return true
        }
        write = { text($0[keyPath: path]) }
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<Personality, Word> & Sendable,
        _ summary: String
    ) -> PersonalitySwitch {
        let values = Word.allCases.map(\.rawValue)
        return PersonalitySwitch(name, path, values: values, summary, value: Word.init, text: \.rawValue)
    }

    /// Two words, and what each stands for.
    private static func either<Value: Equatable & Sendable>(
        _ name: String,
        _ path: any WritableKeyPath<Personality, Value> & Sendable,
        _ first: (word: String, value: Value),
        _ second: (word: String, value: Value),
        _ summary: String
    ) -> PersonalitySwitch {
        PersonalitySwitch(
            name,
            path,
            values: [first.word, second.word],
            summary,
            value: { $0 == first.word ? first.value : $0 == second.word ? second.value : nil },
            text: { $0 == first.value ? first.word : second.word }
        )
    }

    private static func time(
        _ name: String,
        _ path: any WritableKeyPath<Personality, Duration> & Sendable,
        _ summary: String
    ) -> PersonalitySwitch {
        PersonalitySwitch(name, path, values: ["SPAN"], isOpen: true, summary, value: duration, text: timeText)
    }

    private static func seconds(
        _ name: String,
        _ path: any WritableKeyPath<Personality, Int64> & Sendable,
        atLeast least: Int64,
        _ summary: String
    ) -> PersonalitySwitch {
        PersonalitySwitch(
            name,
            path,
            values: ["SPAN"],
            isOpen: true,
            summary,
            value: { text in
                guard let time = duration(text)?.components, time.attoseconds == 0, time.seconds >= least else {
                    return nil
                }
                return time.seconds
            },
            text: { "\($0)s" }
        )
    }

    private static let repeats = PersonalitySwitch(
        "repeats",
        \.repeats,
        values: ["N"],
        isOpen: true,
        "How often a notification without acknowledgement is sent again; the number is not documented.",
        value: { text in Int64(text).flatMap { (0...100).contains($0) ? $0 : nil } },
        text: { String($0) }
    )

    private static let calls: [PersonalitySwitch] = [
        word("duplicates", \.duplicates, "A second call for an order: another session, the same one, or 400."),
        seconds(
            "clock-tolerance",
            \.clockToleranceSeconds,
            atLeast: 0,
            "How far in the future a request may be signed."
        ),
        seconds("request-validity", \.requestValiditySeconds, atLeast: 1, "From this age on a request is refused."),
        word("account", \.account, "How the account is set up: refusals 401 and 406 for every call."),
        either(
            "customer",
            \.requiresCustomer,
            ("required", true),
            ("optional", false),
            "Whether customer_data or customer_token must be."
        ),
        word("customer-fields", \.customerFields, "The required marks inside customer_data, some by country."),
        word("own-token", \.ownToken, "Whether customer_token must be one that was given for this cid."),
        word("closed-intents", \.closedIntents, "Whether the intent `sale`, which an example has, is refused."),
        word("length-unit", \.lengthUnit, "What maximum lengths count."),
        word("overlong", \.overlong, "An order_id of more than 50 characters: refused, or cut."),
        word("known-currencies", \.knownCurrencies, "Whether currency must be in ISO 4217, CLF and UYW excepted."),
        word("known-locales", \.knownLocales, "Whether locale must be one that public clients use."),
    ]

    private static let answers: [PersonalitySwitch] = [
        word("error-style", \.errorStyle, "Errors come with HTTP 200, or with the status they name."),
        either(
            "errors",
            \.signsErrors,
            ("signed", true),
            ("unsigned", false),
            "Whether errors carry version, timestamp and a signature."
        ),
        either(
            "wrong-signature-code",
            \.wrongSignatureCode,
            ("401", 401),
            ("400", 400),
            "The status of an answer to a wrong signature; both are documented."
        ),
        word("wording", \.wording, "The texts of errors; the provider's two pages differ."),
        word("nulls", \.nulls, "Fields without a value are null, or left out."),
        word("numbers", \.numbers, "Whether numbers of answers are JSON numbers or strings."),
        word("times", \.times, "The timestamp of answers in unix seconds, or as ISO 8601."),
        word("reply-fields", \.replyFields, "All documented fields of an answer's objects, or only a few."),
        time("session-lifetime", \.sessionLifetime, "How long a session and its redirect URL live."),
    ]

    private static let lookUps: [PersonalitySwitch] = [
        word("lookups", \.lookups, "Whether orders can be looked up; 403 if not."),
        time("lookup-delay", \.lookupDelay, "How old a session must be before look-ups find it."),
        word("lookup-url", \.lookupURL, "Whether look-ups show the redirect URL, which no page says."),
        word("untried", \.untried, "An order whose session nobody tried to pay with: found, or 400 not found."),
    ]

    private static let callbacks: [PersonalitySwitch] = [
        word("rate", \.rate, "conversion_rate of callbacks as text or number, and how the number is signed."),
        word("expiry-notices", \.expiryNotices, "Whether the end of an unpaid session is notified by itself."),
        time("repeat-after", \.repeatAfter, "When a notification without acknowledgement is sent again."),
        repeats,
        word(
            "repetition",
            \.repetition,
            "Whether a notification is sent again with a timestamp of its own, or byte for byte."
        ),
        time("callback-timeout", \.callbackTimeout, "How long an answer to a callback is waited for."),
        word(
            "signed-acknowledgements",
            \.signedAcknowledgements,
            "Whether an unsigned acknowledgement counts as none."
        ),
    ]

    /// Every switch, in the order in which they are written.
    package static let all = calls + answers + lookUps + callbacks
}
