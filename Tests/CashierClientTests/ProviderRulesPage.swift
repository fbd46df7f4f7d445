import CashierSimulator

/// `docs/PROVIDER-RULES.md`, made from the two tables of `docs/contracts` and the switches of the simulator.
enum ProviderRulesPage {
    static let name = "docs/PROVIDER-RULES.md"

    /// What an operator sets where an account is like the other value; what a switch without an entry says is read,
    /// matched or refused either way.
    static let settings: [String: String] = [
        "duplicates": "unknown_policy", "clock-tolerance": "clock_offset", "request-validity": "request_validity",
        "customer": "customer_required", "closed-intents": "intents", "length-unit": "length_unit",
        "known-currencies": "currencies", "known-locales": "locales", "session-lifetime": "session_lifetime",
        "lookups": "look_up", "untried": "look_up", "customer-fields": "required_customer_fields",
        "errors": "error_signatures",
    ]

    /// What Usher does about a switch that no setting is for.
    static let remarks: [String: String] = [
        "account": "the account is held and an operator told",
        "own-token": "declined, with the provider's words", "overlong": "jobs have at most 50 characters",
        "error-style": "the body decides before the HTTP status",
        "wrong-signature-code": "both numbers hold the account", "wording": "both wordings are in the error table",
        "nulls": "both are read", "numbers": "both are read", "times": "ISO times are not believed",
        "reply-fields": "only order_id, cid and the signed fields are needed",
        "lookup-delay": "“not found” counts only once the request is dead", "lookup-url": "never used",
        "rate": "every form is verified", "expiry-notices": "an event of its own",
        "repeat-after": "an event is stored once",
        "repeats": "an event is stored once", "repetition": "an event is stored once",
        "callback-timeout": "answered in time, or repeated by the provider",
        "signed-acknowledgements": "every answer is signed",
    ]

    static var markdown: String {
        ([introduction] + items + ["## Rules, row by row\n\n\(columns)"] + rules + [unknowns])
            .joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # The provider's rules

        What the documentation of the Praxis Cashier (API 1.3) says, and what shows that the simulator behaves so and
        that Usher understands it. Made from [provider-items.json](contracts/provider-items.json),
        [provider-rules.json](contracts/provider-rules.json) and the simulator's switches: change those, and run the
        tests of CashierClient once with `WRITE_DOCS=1`.

        ## Documented items

        Every field, object, code and callback, with the rows below and the tests that show it. A test is named
        `Target/File/function`.
        """

    private static let columns = """
        Each row is sent to the simulator over a socket, and its answer is given to Usher's client:
        `CashierClientTests/ProviderRulesTests/row`. Fields that a row does not name are those of a right request. Where
        the documentation leaves a choice, the row names the [switch](#what-is-unknown) that it supposes.
        """

    // MARK: Items

    private static var items: [String] {
        sections(ProviderItem.all, by: \.part).map { part, items in
            "### \(part)\n\n"
                + table(
                    ["item", "documented", "page", "shown by"],
                    items.map { [$0.item, $0.fact, $0.source, $0.shown.map(shownBy).joined(separator: "; ")] }
                )
        }
    }

    private static func shownBy(_ name: String) -> String {
        ProviderItem.isTest(name) ? "`\(name)`" : name
    }

    // MARK: Rules

    private static var rules: [String] {
        sections(ProviderRule.all, by: \.source).map { source, rules in
            "### Source: \(source)\n\n"
                + table(
                    ["rule", "sent", "supposed", "the provider answers", "Usher concludes"],
                    rules.map { [$0.rule, sent($0), supposed($0), answer($0), conclusion($0)] }
                )
        }
    }

    private static func sent(_ rule: ProviderRule) -> String {
        var parts = [rule.call == "lookup" ? "look-up" : "opening"]
        if let path = rule.path { parts.append("to `\(path)`") }
        for (name, json) in (rule.set ?? [:]).sorted(by: { $0.key < $1.key }) {
            parts.append(json.map { "`\(name)` \(short($0))" } ?? "no `\(name)`")
        }
        if let age = rule.age { parts.append(age < 0 ? "signed \(-age) s ahead" : "signed \(age) s ago") }
        if let signature = rule.signature { parts.append("signature: \(signature)") }
        if let before = rule.sessions_before, before > 0 {
            parts.append("after \(before) session\(before > 1 ? "s" : "")")
        }
        return parts.joined(separator: ", ")
    }

    /// Long values are told by their length.
    private static func short(_ json: String) -> String {
        json.count <= 48 ? "`\(json)`" : "`\(json.prefix(24))…` (\(json.count) characters of JSON)"
    }

    private static func supposed(_ rule: ProviderRule) -> String {
        [rule.personality.map { "`\($0)`" }, rule.faults.map { "fault `\($0)`" }].compactMap { $0 }
            .joined(separator: ", ")
    }

    private static func answer(_ rule: ProviderRule) -> String {
        let answer = rule.answer
        let status = answer.status.map { "\($0), “\(answer.description)”" } ?? "no body of the provider's"
        let http = answer.http == 200 ? "" : ", HTTP \(answer.http)"
        return "\(status)\(http)\(answer.signed ? ", signed" : "")"
    }

    private static func conclusion(_ rule: ProviderRule) -> String {
        rule.worker.map { "\($0.outcome) (`\($0.code)`)" } ?? "cannot be asked for"
    }

    // MARK: Unknowns

    private static var unknowns: String {
        let rows = PersonalitySwitch.all.map { found -> [String] in
            let values = found.values.map { "`\($0)`" }.joined(separator: ", ")
            let setting = settings[found.name].map { "`accounts.<name>.\($0)`" }
            let presumed = "`\(found.fallback)`"
            return ["`\(found.name)`", found.summary, values, presumed, setting ?? remarks[found.name] ?? ""]
        }
        return """
            ## What is unknown

            The documentation leaves these open, or its pages differ. Each is a switch of the simulator
            ([SIMULATOR](SIMULATOR.md)); `usher account probe` asks a sandbox about those that a setting turns on
            ([PROBE](PROBE.md)).


            """
                + table(["switch", "what it is", "values", "supposed", "Usher's setting, or what Usher does"], rows)
    }

    // MARK: Markdown

    private static func sections<Row>(_ rows: [Row], by name: KeyPath<Row, String>) -> [(String, [Row])] {
        var sections: [(String, [Row])] = []
        for row in rows {
            if let place = sections.firstIndex(where: { $0.0 == row[keyPath: name] }) {
                sections[place].1.append(row)
            } else {
                sections.append((row[keyPath: name], [row]))
            }
        }
        return sections
    }

    private static func table(_ titles: [String], _ rows: [[String]]) -> String {
        let lines = [titles, titles.map { _ in "---" }] + rows.map { $0.map(cell) }
        return lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
