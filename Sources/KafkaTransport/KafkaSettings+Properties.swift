/// What a client is for.
enum ClientRole: CaseIterable, Sendable {
    /// Reads jobs, as a member of the group.
    case jobs
    /// Writes records.
    case producer
    /// Reads from positions of its own, outside any group.
    case reader
    /// Asks about the cluster.
    case probe
    /// Asks what the group has committed, without joining it.
    case groupProbe
}

/// A librdkafka property with its value.
struct ClientProperty: Equatable, Sendable {
    var name: String
    var value: String
    /// Unknown to the older of the libraries that Usher runs with; left out there.
    var isOptional = false
}

extension KafkaSettings {
    /// The properties of a client, in the order in which they are set. Passwords are not among them.
    func properties(for role: ClientRole) -> [ClientProperty] {
        var list = connection + securityProperties
        switch role {
        case .jobs: list += group + consuming + joining
        case .producer: list += producing
        case .reader: list += consuming + [ClientProperty(name: "enable.partition.eof", value: "true")]
        case .probe: break
        case .groupProbe: list += group
        }
        list += properties.sorted { $0.key < $1.key }.map { ClientProperty(name: $0.key, value: $0.value) }
        return list
    }

    private var connection: [ClientProperty] {
        [
            ClientProperty(name: "bootstrap.servers", value: bootstrapServers),
            ClientProperty(name: "client.id", value: clientID),
            ClientProperty(name: "allow.auto.create.topics", value: "false"),
            ClientProperty(name: "socket.nagle.disable", value: "true"),
            ClientProperty(name: "socket.keepalive.enable", value: "true"),
            ClientProperty(name: "reconnect.backoff.ms", value: "100"),
            ClientProperty(name: "reconnect.backoff.max.ms", value: "2000"),
            // New topics and partitions are noticed within this time.
            ClientProperty(name: "topic.metadata.refresh.interval.ms", value: "30000"),
            // All callbacks, log lines included, then run on the thread that polls.
            ClientProperty(name: "log.queue", value: "true"),
            ClientProperty(name: "log.connection.close", value: "false"),
            ClientProperty(name: "enable.metrics.push", value: "false", isOptional: true),
        ]
    }

    private var securityProperties: [ClientProperty] {
        var list = [ClientProperty(name: "ssl.endpoint.identification.algorithm", value: "https")]
        func add(_ name: String, _ value: String?) {
            if let value { list.append(ClientProperty(name: name, value: value)) }
        }
        switch security {
        case .plaintext:
            add("security.protocol", "plaintext")
        case .tls(let authority, let certificate, let key, _):
            add("security.protocol", "ssl")
            add("enable.ssl.certificate.verification", "true")
            add("ssl.ca.location", authority)
            add("ssl.certificate.location", certificate)
            add("ssl.key.location", key)
        case .sasl(let mechanism, let username, _, let authority):
            add("security.protocol", "sasl_ssl")
            add("enable.ssl.certificate.verification", "true")
            add("ssl.ca.location", authority)
            add("sasl.mechanism", mechanism.rawValue)
            add("sasl.username", username)
        }
        return list
    }

    private var group: [ClientProperty] {
        [
            ClientProperty(name: "group.id", value: groupID),
            // Commits say what Postgres holds, never what was merely read.
            ClientProperty(name: "enable.auto.commit", value: "false"),
            ClientProperty(name: "enable.auto.offset.store", value: "false"),
        ]
    }

    private var joining: [ClientProperty] {
        [
            // Eager only: librdkafka before 2.10 loses its assignment or hangs at close with cooperative-sticky.
            ClientProperty(name: "partition.assignment.strategy", value: "range,roundrobin"),
            ClientProperty(name: "session.timeout.ms", value: String(sessionTimeoutMs)),
            ClientProperty(name: "heartbeat.interval.ms", value: String(max(500, min(3_000, sessionTimeoutMs / 4)))),
            ClientProperty(name: "max.poll.interval.ms", value: String(max(maxPollIntervalMs, sessionTimeoutMs))),
        ]
    }

    private var consuming: [ClientProperty] {
        [
            // A position that is gone stops its partition, visibly, instead of skipping or repeating records.
            ClientProperty(name: "auto.offset.reset", value: "error"),
            ClientProperty(name: "check.crcs", value: "true"),
            ClientProperty(name: "isolation.level", value: "read_committed"),
            ClientProperty(name: "fetch.wait.max.ms", value: String(fetchWaitMs)),
            ClientProperty(name: "fetch.error.backoff.ms", value: "100"),
            // What the library holds for us. Small values are a trap: before 2.2 a full queue sleeps for a second.
            ClientProperty(name: "queued.min.messages", value: "100000"),
            ClientProperty(name: "queued.max.messages.kbytes", value: String(max(1, queuedMaxBytes / 1_024))),
            ClientProperty(name: "fetch.queue.backoff.ms", value: "20", isOptional: true),
            // One answer at a time comes from a broker: an agent's record waits until a campaign's have come through.
            ClientProperty(name: "fetch.max.bytes", value: String(max(4_194_304, ownMessageBytesMax))),
        ]
    }

    /// librdkafka refuses to start where it is more than an answer may have.
    private var ownMessageBytesMax: Int { properties["message.max.bytes"].flatMap { Int($0) } ?? 0 }

    private var producing: [ClientProperty] {
        [
            ClientProperty(name: "enable.idempotence", value: "true"),
            ClientProperty(name: "acks", value: "all"),
            ClientProperty(name: "max.in.flight.requests.per.connection", value: "5"),
            ClientProperty(name: "message.timeout.ms", value: "120000"),
            // The records of one group reach librdkafka within this time: a group is a request a partition.
            ClientProperty(name: "linger.ms", value: "2"),
            // The same choice of partition for a key as Kafka's Java clients make.
            ClientProperty(name: "partitioner", value: "murmur2_random"),
            ClientProperty(name: "queue.buffering.max.messages", value: "50000"),
            ClientProperty(name: "queue.buffering.max.kbytes", value: "131072"),
        ]
    }
}
