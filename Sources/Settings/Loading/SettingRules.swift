import SessionCore

/// What settings must be to each other. Pure; a rule is silent where a value that it needs is missing or wrong, since
/// that has a problem of its own.
enum SettingRules {
    static func problems(of values: SettingValues) -> [SettingProblem] {
        kafka(values) + postgres(values) + accounts(values) + timing(values) + callbacks(values)
    }

    private static func problem(_ key: String, _ message: String) -> SettingProblem {
        SettingProblem(key: key, origin: nil, message: message)
    }

    // MARK: Kafka and Postgres

    private static func kafka(_ values: SettingValues) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        let section = "kafka.security."
        let isRemote = (values.texts("kafka.bootstrap_servers") ?? []).contains { server in
            splitPort(server).map { !isLoopbackHost($0.host) } ?? false
        }
        switch values.text(section + "protocol") {
        case "plaintext":
            if isRemote, values.flag(section + "allow_plaintext") == false {
                let message =
                    "`plaintext` to a broker on another machine lets anyone on the way use the links in results; use "
                    + "`ssl` or `sasl_ssl`, or set `\(section)allow_plaintext: true` in a closed test network"
                problems.append(problem(section + "protocol", message))
            }
        case "sasl_ssl":
            for name in ["sasl_mechanism", "username", "password_file"] where values[section + name] == nil {
                problems.append(problem(section + name, "is missing; `sasl_ssl` needs it"))
            }
        default: break
        }
        if let named = values.text(section + "protocol"), named != "sasl_ssl" {
            for name in ["sasl_mechanism", "username", "password_file"] where values[section + name] != nil {
                let message = "has an effect only with `\(section)protocol: sasl_ssl`"
                problems.append(problem(section + name, message))
            }
        }
        problems += together(values, section + "certificate_file", section + "key_file")
        if let named = values.text(section + "protocol"), named != "ssl", values[section + "certificate_file"] != nil {
            let message = "has an effect only with `\(section)protocol: ssl`: a certificate is the login there"
            problems.append(problem(section + "certificate_file", message))
        }
        if values[section + "key_password_file"] != nil, values[section + "key_file"] == nil {
            problems.append(problem(section + "key_password_file", "needs `\(section)key_file`"))
        }
        return problems + topics(values)
    }

    private static func topics(_ values: SettingValues) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        var names: Set<String> = []
        for number in 0..<(values.counts["kafka.jobs_topics"] ?? 0) {
            let path = "kafka.jobs_topics[\(number)].name"
            guard let name = values.text(path) else { continue }
            if !names.insert(name).inserted {
                problems.append(problem(path, "`\(name)` stands in the list twice"))
            }
            if name == values.text("kafka.results_topic") {
                problems.append(
                    problem(path, "is also `kafka.results_topic`; jobs and results need topics of their own")
                )
            }
        }
        return problems + caps(values)
    }

    /// What is waiting is counted over all topics, up to a bound: a cap that it hides would have no effect.
    private static func caps(_ values: SettingValues) -> [SettingProblem] {
        let topics = 0..<(values.counts["kafka.jobs_topics"] ?? 0)
        let sum = topics.compactMap { values.number("kafka.jobs_topics[\($0)].backlog_max") }.reduce(0, +)
        guard sum > Backlog.capsMax else { return [] }
        let message =
            "the caps `backlog_max` of the topics add up to \(sum); at most \(Backlog.capsMax), as more waiting jobs "
            + "are not counted: set lower ones (what is not set counts with its default)"
        return [problem("kafka.jobs_topics", message)]
    }

    private static func postgres(_ values: SettingValues) -> [SettingProblem] {
        guard let host = values.text("postgres.host"), hostList(host).allSatisfy({ $0.hasPrefix("/") }),
            values.text("postgres.sslmode").map({ $0 != "disable" }) ?? false
        else { return [] }
        return [problem("postgres.sslmode", "a Unix socket has no TLS; leave the setting out")]
    }

    private static func together(_ values: SettingValues, _ first: String, _ second: String) -> [SettingProblem] {
        switch (values[first] != nil, values[second] != nil) {
        case (true, false): [problem(first, "needs `\(second)`")]
        case (false, true): [problem(second, "needs `\(first)`")]
        case (true, true), (false, false): []
        }
    }

    private static func callbacks(_ values: SettingValues) -> [SettingProblem] {
        let (certificate, listen) = ("callbacks.certificate_file", "callbacks.listen")
        var problems = together(values, certificate, "callbacks.key_file")
        if let host = values.text(listen).flatMap(splitPort)?.host, !isLoopbackHost(host),
            values[certificate] == nil, values.flag("callbacks.behind_proxy") == false
        {
            let message =
                "plain HTTP on an address that other machines reach: set `\(certificate)`, or "
                + "`callbacks.behind_proxy: true` where a proxy ends TLS"
            problems.append(problem(listen, message))
        }
        guard let topic = values.text("callbacks.topic") else { return problems }
        if topic == values.text("kafka.results_topic") {
            problems.append(problem("callbacks.topic", "is the results topic; events need one of their own"))
        }
        let jobsTopics = (0..<(values.counts["kafka.jobs_topics"] ?? 0)).map { "kafka.jobs_topics[\($0)].name" }
        if jobsTopics.contains(where: { values.text($0) == topic }) {
            problems.append(problem("callbacks.topic", "is a jobs topic; events would be read as jobs and refused"))
        }
        return problems
    }

    // MARK: Accounts

    private static func accounts(_ values: SettingValues) -> [SettingProblem] {
        guard !values.accounts.isEmpty else {
            return [problem("accounts", "is missing; expected at least one account, as in `accounts: {main: {…}}`")]
        }
        var problems = values.accounts.flatMap { account(values, "accounts.\($0).") }
        if let name = values.text("default_account"), !values.accounts.contains(name) {
            let known = values.accounts.map { "`\($0)`" }.joined(separator: ", ")
            problems.append(problem("default_account", "is not an account; there are \(known)"))
        }
        return problems
    }

    private static func account(_ values: SettingValues, _ section: String) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        for name in ["endpoint", "find_order_endpoint"] {
            guard let url = values.text(section + name).flatMap({ URLParts($0) }), url.scheme == "http" else {
                continue
            }
            if !url.isLoopback {
                problems.append(
                    problem(section + name, "must be `https`: the answer carries a link that logs a customer in")
                )
            } else if values.flag(section + "allow_http_loopback") == false {
                let message =
                    "must be `https`; for a simulator on this machine set `\(section)allow_http_loopback: true`"
                problems.append(problem(section + name, message))
            }
        }
        if values.flag(section + "look_up") == true, values[section + "find_order_endpoint"] == nil,
            let endpoint = values.text(section + "endpoint"), findOrderEndpoint(for: endpoint) == nil
        {
            let message =
                "is missing; it cannot be made from an endpoint that does not end in "
                + "`\(virtualTerminalPath)` (or set `\(section)look_up: false`)"
            problems.append(problem(section + "find_order_endpoint", message))
        }
        if let offset = values.duration(section + "clock_offset"), offset.components.attoseconds != 0 {
            let message = "must be whole seconds: the Cashier's timestamps have nothing smaller"
            problems.append(problem(section + "clock_offset", message))
        }
        problems += signatures(values, section)
        if let locale = values.text(section + "locale_default"), let locales = values.texts(section + "locales"),
            !locales.contains(locale)
        {
            problems.append(problem(section + "locale_default", "must be one of `\(section)locales`"))
        }
        problems += ordered(values, section + "connect_timeout", atMost: section + "timeout")
        problems += ordered(values, section + "timeout", atMost: "verify.request_validity")
        problems += ordered(values, section + "timeout", atMost: section + "request_validity")
        if values.flag(section + "callbacks") == true {
            // What a customer is about to pay is compared with the job while the session lives.
            problems += ordered(values, section + "session_lifetime", atMost: "retention.request")
        }
        if let timeout = values.duration(section + "timeout"), let lease = values.duration("dispatch.lease"),
            lease < timeout + .seconds(10)
        {
            let message = "must be 10 s longer than `\(section)timeout` (\(DurationText.write(timeout)))"
            problems.append(problem("dispatch.lease", message))
        }
        return problems
    }

    private static func signatures(_ values: SettingValues, _ section: String) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        for name in ["request", "response", "look_up", "look_up_response"] {
            let key = "\(section)\(name)_signature_fields"
            guard let fields = values.texts(key), Set(fields).count < fields.count else { continue }
            problems.append(problem(key, "names a field twice"))
        }
        let key = section + "response_signature_fields"
        guard let fields = values.texts(key) else { return problems }
        for name in SettingKey.signedLinkFields where !fields.contains(name) {
            let message = "must name `\(name)`: without it a link would go out that nobody vouches for"
            return problems + [problem(key, message)]
        }
        return problems
    }

    static let virtualTerminalPath = "/cashier/virtual-terminal"

    /// Where orders are looked up, for an endpoint of the usual form (API 1.3, agent_api/find_order).
    static func findOrderEndpoint(for endpoint: String) -> String? {
        guard endpoint.hasSuffix(virtualTerminalPath) else { return nil }
        return endpoint.dropLast(virtualTerminalPath.count) + "/agent/find-order"
    }

    // MARK: Times

    private static func timing(_ values: SettingValues) -> [SettingProblem] {
        ["retry.fast", "retry.slow", "retry.limited"].flatMap { section in
            ordered(values, section + ".base", atMost: section + ".cap")
        }
    }

    private static func ordered(_ values: SettingValues, _ small: String, atMost large: String) -> [SettingProblem] {
        guard let shorter = values.duration(small), let longer = values.duration(large), shorter > longer else {
            return []
        }
        return [problem(small, "must not be longer than `\(large)` (\(DurationText.write(longer)))")]
    }
}
