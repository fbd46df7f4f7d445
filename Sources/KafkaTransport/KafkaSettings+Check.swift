package import SessionCore

extension KafkaSettings {
    /// Properties that Usher sets itself; `properties` may not change them.
    package static let ownProperties: Set<String> = [
        "bootstrap.servers", "metadata.broker.list", "client.id", "group.id", "group.instance.id", "group.protocol",
        "security.protocol", "ssl.endpoint.identification.algorithm", "enable.ssl.certificate.verification",
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "sasl.mechanism", "sasl.mechanisms",
        "ssl.key.password", "sasl.username", "sasl.password", "enable.auto.commit", "auto.commit.enable",
        "auto.commit.interval.ms",
        "enable.auto.offset.store", "auto.offset.reset", "check.crcs", "enable.partition.eof", "isolation.level",
        "partition.assignment.strategy", "session.timeout.ms", "max.poll.interval.ms", "enable.idempotence", "acks",
        "request.required.acks", "transactional.id", "allow.auto.create.topics", "max.in.flight",
        "max.in.flight.requests.per.connection", "retries", "message.send.max.retries", "fetch.wait.max.ms",
        "plugin.library.paths", "log.queue", "partitioner",
    ]

    /// Refuses what would not work or would not be safe, before anything connects. Throws `TransportError.setting` with
    /// the setting's name and what to do.
    package func check() throws(TransportError) {
        try check(library: KafkaLibrary.number)
    }

    /// - Parameter library: the number of the librdkafka that is loaded.
    func check(library: Int32) throws(TransportError) {
        guard library >= KafkaLibrary.numberMin else {
            throw .setting(name: "librdkafka", reason: "\(KafkaLibrary.version) is older than 2.0: upgrade it")
        }
        let hosts = bootstrapServers.split(separator: ",").map { Self.host(of: $0) }
        guard !hosts.isEmpty, hosts.allSatisfy({ $0 != nil }) else {
            throw .setting(
                name: "kafka.bootstrap_servers",
                reason: "must be host:port, with commas between several; it is \"\(bootstrapServers)\""
            )
        }
        guard !groupID.isEmpty else {
            throw .setting(name: "kafka.group_id", reason: "must not be empty; name the consumer group")
        }
        try checkSecurity(hosts: hosts.compactMap { $0 })
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            guard !Self.ownProperties.contains(name) else {
                throw .setting(
                    name: "kafka.properties.\(name)",
                    reason: "is Usher's to set, its guarantees rest on it; remove it"
                )
            }
            guard !value.utf8.contains(0) else {
                throw .setting(name: "kafka.properties.\(name)", reason: "contains a NUL byte; remove it")
            }
        }
    }

    private func checkSecurity(hosts: [String]) throws(TransportError) {
        switch security {
        case .plaintext:
            guard !allowPlaintext, let far = hosts.first(where: { !Self.isLoopback($0) }) else { return }
            throw .setting(
                name: "kafka.security",
                reason: "plaintext would send customers' data unencrypted to \(far); "
                    + "use ssl or sasl_ssl, or set kafka.security.allow_plaintext: true where the network "
                    + "itself is protected"
            )
        case .tls(_, let certificate, let key, let keyPassword):
            guard (certificate == nil) == (key == nil) else {
                let missing = certificate == nil ? "kafka.security.certificate_file" : "kafka.security.key_file"
                throw .setting(name: missing, reason: "is missing: a client certificate needs its key, and the reverse")
            }
            if let keyPassword { try Self.check(keyPassword(), "kafka.security.key_password_file") }
        case .sasl(_, let username, let password, _):
            guard !username.isEmpty else {
                throw .setting(name: "kafka.security.username", reason: "must not be empty for sasl_ssl")
            }
            try Self.check(password(), "kafka.security.password_file")
        }
    }

    private static func check(_ password: [UInt8], _ setting: String) throws(TransportError) {
        guard !password.isEmpty, !password.contains(0), password.last != 0x0A else {
            throw .setting(
                name: setting,
                reason: "must hold the password alone: not empty, no NUL byte, no newline at its end"
            )
        }
    }

    /// The host of `host:port` or `[address]:port`, with or without `protocol://`; nil where it is neither.
    private static func host(of entry: Substring) -> String? {
        var rest = entry.drop { $0 == " " }
        while rest.last == " " { rest.removeLast() }
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            return String(rest[rest.index(after: rest.startIndex)..<end])
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let port = UInt16(parts[1]), port > 0 else { return nil }
        return String(parts[0])
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
