package import SessionCore

extension Configuration {
    /// Where jobs come from and where results go.
    package struct Kafka: Equatable, Sendable {
        /// `host:port`, at least one.
        package var bootstrapServers: [String]
        package var security: KafkaSecurity
        package var groupID: String
        package var clientID: String
        /// At least one; names are distinct.
        package var jobsTopics: [JobsTopic]
        package var resultsTopic: String
        package var sessionTimeout: Duration
        /// After how long without a database a worker leaves the group.
        package var leaveAfter: Duration
        /// Memory for fetched records that were not taken yet, in bytes.
        package var queuedMax: Int
        /// Further properties of librdkafka; none carries a secret.
        package var properties: [String: String]

        init(_ values: SettingValues) {
            bootstrapServers = values.known("kafka.bootstrap_servers", values.texts)
            security = KafkaSecurity(values)
            groupID = values.known("kafka.group_id", values.text)
            clientID = values.known("kafka.client_id", values.text)
            jobsTopics = (0..<(values.counts["kafka.jobs_topics"] ?? 0)).map { number in
                JobsTopic(values, at: "kafka.jobs_topics[\(number)].")
            }
            resultsTopic = values.known("kafka.results_topic", values.text)
            sessionTimeout = values.known("kafka.session_timeout", values.duration)
            leaveAfter = values.known("kafka.leave_after", values.duration)
            queuedMax = values.known("kafka.queued_max", values.number)
            properties = values.properties("kafka.properties") ?? [:]
        }
    }

    /// How brokers are reached.
    package struct KafkaSecurity: Equatable, Sendable {
        package enum WireProtocol: String, CaseIterable, Sendable {
            case plaintext
            case ssl
            case saslSSL = "sasl_ssl"
        }

        package var wireProtocol: WireProtocol
        /// PEM; nil trusts the system's authorities.
        package var caFile: String?
        /// PEM; set together with `keyFile`.
        package var certificateFile: String?
        package var keyFile: SecretFile?
        package var keyPasswordFile: SecretFile?
        /// `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; set with `sasl_ssl`, as are the two below.
        package var saslMechanism: String?
        package var username: String?
        package var passwordFile: SecretFile?
        package var allowPlaintext: Bool

        init(_ values: SettingValues) {
            let section = "kafka.security."
            wireProtocol = values.word(section + "protocol", as: WireProtocol.self)
            caFile = values.text(section + "ca_file")
            certificateFile = values.text(section + "certificate_file")
            keyFile = values.secretFile(section + "key_file", isSingleLine: false)
            keyPasswordFile = values.secretFile(section + "key_password_file")
            saslMechanism = values.text(section + "sasl_mechanism")
            username = values.text(section + "username")
            passwordFile = values.secretFile(section + "password_file")
            allowPlaintext = values.known(section + "allow_plaintext", values.flag)
        }
    }

    /// A topic that jobs are read from.
    package struct JobsTopic: Equatable, Sendable {
        package var name: String
        /// The lane of its jobs; nil decides by each job's `campaign` field.
        package var lane: Lane?
        /// How many unfinished jobs of the topic may wait in Postgres before the topic is paused.
        package var backlogMax: Int

        init(_ values: SettingValues, at section: String) {
            name = values.known(section + "name", values.text)
            let word = values.known(section + "lane", values.text)
            lane = Lane.allCases.first { $0.name == word }
            backlogMax = values.known(section + "backlog_max", values.number)
        }
    }
}
