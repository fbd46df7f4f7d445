/// Finds secrets that were written into a setting instead of a file of their own.
enum CredentialsInText {
    /// Why a value is refused, or nil. Never repeats the value.
    static func refusal(of value: SettingValue) -> String? {
        switch value {
        case .text(let text): isSuspicious(text) ? message : nil
        case .texts(let texts): texts.contains(where: isSuspicious) ? message : nil
        case .properties(let properties):
            properties.keys.sorted().lazy.compactMap(refusal(ofProperty:)).first
                ?? (properties.values.contains(where: isSuspicious) ? message : nil)
        case .number, .duration, .flag, .durations, .exponents: nil
        }
    }

    private static let message =
        "seems to hold a password; secrets are taken only from files, named by the settings that end in `_file`"

    /// `scheme://user:password@host`, or a connection string with `password=`.
    static func isSuspicious(_ text: String) -> Bool {
        let lower = text.lowercased()
        let assigned = ["password=", "passwd=", "secret=", "private key"].contains { lower.contains($0) }
        guard !assigned, let scheme = lower.firstRange(of: "://") else { return assigned }
        let authority = lower[scheme...].prefix { $0 != "/" }
        return authority.contains("@")
    }

    /// Properties of librdkafka that have a setting of their own, or that the guarantees rest on.
    private static func refusal(ofProperty name: String) -> String? {
        let secrets = ["password", "secret", "pem", "jaas", "oauthbearer.config"]
        if secrets.contains(where: { name.contains($0) }) {
            return "`\(name)` carries a secret; use `kafka.security`, which takes it from a file"
        }
        guard let instead = ownProperties[name] else { return nil }
        return "`\(name)` cannot be set here; \(instead)"
    }

    private static let ownProperties: [String: String] = {
        let fixed = "Usher sets it, because a guarantee rests on it"
        let names = [
            "acks", "allow.auto.create.topics", "auto.offset.reset", "check.crcs", "enable.auto.commit",
            "enable.auto.offset.store", "enable.gapless.guarantee", "enable.idempotence", "enable.partition.eof",
            "enable.sasl.oauthbearer.unsecure.jwt", "enable.ssl.certificate.verification", "isolation.level",
            "max.in.flight", "max.in.flight.requests.per.connection", "partition.assignment.strategy",
            "request.required.acks", "ssl.endpoint.identification.algorithm", "test.mock.num.brokers",
            "transactional.id", "plugin.library.paths",
        ]
        let settings = [
            "bootstrap.servers": "kafka.bootstrap_servers", "metadata.broker.list": "kafka.bootstrap_servers",
            "client.id": "kafka.client_id", "group.id": "kafka.group_id", "linger.ms": "publishing.linger",
            "queue.buffering.max.ms": "publishing.linger", "queued.max.messages.kbytes": "kafka.queued_max",
            "sasl.mechanism": "kafka.security.sasl_mechanism", "sasl.mechanisms": "kafka.security.sasl_mechanism",
            "sasl.username": "kafka.security.username", "security.protocol": "kafka.security.protocol",
            "session.timeout.ms": "kafka.session_timeout", "ssl.ca.location": "kafka.security.ca_file",
            "ssl.certificate.location": "kafka.security.certificate_file",
            "ssl.key.location": "kafka.security.key_file",
        ]
        let own = settings.mapValues { "it is `\($0)`" }
        return own.merging(names.map { ($0, fixed) }) { own, _ in own }
    }()
}

extension String {
    /// Where `part` ends for the first time.
    fileprivate func firstRange(of part: String) -> Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
