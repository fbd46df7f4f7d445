/// A named set of switches: one supposition about the provider.
package struct Preset: Sendable {
    package let name: String
    /// What it stands for: a sentence.
    package let summary: String
    /// Names and values of switches; what is not named stays as it is.
    let values: [(name: String, value: String)]

    private init(_ name: String, _ summary: String, _ values: KeyValuePairs<String, String>) {
        self.name = name
        self.summary = summary
        self.values = values.map { ($0.key, $0.value) }
    }

    func apply(_ personality: inout Personality) {
        guard name != "documented" else {
            personality = Personality()
            return
        }
        for (name, value) in values {
            let isRead = PersonalitySwitch.all.first { $0.name == name }?.read(&personality, value)
            precondition(isRead == true, "the preset \(self.name) sets \(name) to what it cannot be")
        }
    }

    /// Every preset, in the order of the documentation.
    package static let all: [Preset] = [
        Preset("documented", "Every switch as the documentation has it; what it leaves open, in the mildest way.", [:]),
        Preset("fresh-session", "A second call for an order opens another session.", ["duplicates": "fresh"]),
        Preset("fresh", "The same as fresh-session.", ["duplicates": "fresh"]),
        Preset(
            "idempotent",
            "A second call for an order is answered with its session while that lives.",
            ["duplicates": "idempotent"]
        ),
        Preset(
            "not-unique",
            "A second call for an order is refused: the setting “single attempt per order_id”.",
            ["duplicates": "not-unique"]
        ),
        Preset(
            "strict-clock",
            "Timestamps from now to 59 s ago, none in the future.",
            ["clock-tolerance": "0s", "request-validity": "60s"]
        ),
        Preset(
            "lenient-clock",
            "Timestamps up to two minutes off either way: a signed request lives longer than documented.",
            ["clock-tolerance": "120s", "request-validity": "120s"]
        ),
        Preset("unsigned-errors", "Errors have a status and a description only.", ["errors": "unsigned"]),
        Preset("signed-errors", "Errors have a timestamp and a signature too.", ["errors": "signed"]),
        Preset("body-errors", "Errors come with HTTP 200.", ["error-style": "body"]),
        Preset("http-errors", "Errors come with HTTP statuses.", ["error-style": "http"]),
        Preset(
            "classic-texts",
            "Errors are worded as on the page API Error Codes.",
            ["wording": "classic", "wrong-signature-code": "401"]
        ),
        Preset(
            "newer-texts",
            "Errors are worded and numbered as on the newer page.",
            ["wording": "newer", "wrong-signature-code": "400"]
        ),
        Preset("omitted-nulls", "Fields without a value are left out of answers.", ["nulls": "omitted"]),
        Preset(
            "sparse-replies",
            "Answers have the few fields that a public client lists, and no nulls.",
            ["reply-fields": "sparse", "nulls": "omitted"]
        ),
        Preset("text-numbers", "Amounts and timestamps of answers are strings.", ["numbers": "text"]),
        Preset("iso-times", "The timestamp of answers is ISO 8601.", ["times": "iso"]),
        Preset("short-lived", "Sessions and their URLs live one minute.", ["session-lifetime": "60s"]),
        Preset("late-lookups", "Look-ups find a session three seconds after it was opened.", ["lookup-delay": "3s"]),
        Preset("paid-lookups", "Look-ups find only orders that somebody tried to pay.", ["untried": "not-found"]),
        Preset("no-agent-api", "Look-ups are refused with 403.", ["lookups": "disabled"]),
        Preset(
            "own-tokens",
            "A customer_token must be one that an answer gave for the cid.",
            ["own-token": "enforced"]
        ),
        Preset(
            "lenient-fields",
            "Customers are optional and incomplete, `sale` is an intent, an overlong order_id is cut.",
            [
                "customer": "optional", "customer-fields": "ignored", "closed-intents": "ignored",
                "overlong": "truncated",
            ]
        ),
        Preset(
            "strict-fields",
            "Lengths count bytes, currencies and locales must be known ones.",
            ["length-unit": "bytes", "known-currencies": "enforced", "known-locales": "enforced"]
        ),
        Preset(
            "persistent-callbacks",
            "Sends expiry notices by itself, and notifications again until a signed acknowledgement.",
            ["expiry-notices": "on", "repeats": "12", "signed-acknowledgements": "enforced"]
        ),
    ]
}
