/// How to reach a Kafka cluster, and what about a client of it may be tuned.
///
/// What correctness rests on (`enable.auto.commit`, `acks`, `auto.offset.reset`, …) is not here: it is the same for
/// every installation, see `properties(for:)`.
package struct KafkaSettings: Sendable {
    /// How a SASL login proves who it is.
    package enum Mechanism: String, CaseIterable, Sendable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }

    /// How the connection is protected.
    package enum Security: Sendable {
        /// No encryption, no login. Refused for brokers that are not on this machine unless `allowPlaintext` is set.
        case plaintext
        /// TLS. `authority` is a PEM file with the authorities to trust (nil: the system's); `certificate` and `key`
        /// are the client's own PEM files, both or none. `keyPassword` opens an encrypted key.
        case tls(
            authority: String?,
            certificate: String?,
            key: String?,
            keyPassword: (@Sendable () -> [UInt8])? = nil
        )
        /// TLS with a login by name and password. Passwords are asked for when a client is made, so that the bytes do
        /// not live in the settings; that of a login also once a second while the client lives, for its next login.
        case sasl(mechanism: Mechanism, username: String, password: @Sendable () -> [UInt8], authority: String?)
    }

    /// `host:port`, with commas between.
    package var bootstrapServers: String
    package var security: Security
    /// Allows unencrypted traffic to a broker that is not on this machine.
    package var allowPlaintext: Bool
    /// What the brokers' logs and quotas know this client by.
    package var clientID: String
    /// The consumer group of the jobs topics.
    package var groupID: String
    /// After how many milliseconds without a heartbeat the group gives this member's partitions to others.
    package var sessionTimeoutMs: Int
    /// After how many milliseconds without a poll the same happens.
    package var maxPollIntervalMs: Int
    /// Bytes of records that were fetched and not yet taken.
    package var queuedMaxBytes: Int
    /// How many milliseconds a broker may hold an empty fetch. Real brokers answer at once when a record comes; the
    /// embedded one sits out the time, so it wants 10.
    package var fetchWaitMs: Int
    /// librdkafka properties for experts, by librdkafka's names. Those that correctness rests on are refused.
    package var properties: [String: String]

    package init(bootstrapServers: String, groupID: String = "usher", clientID: String = "usher") {
        self.bootstrapServers = bootstrapServers
        self.security = .plaintext
        self.allowPlaintext = false
        self.clientID = clientID
        self.groupID = groupID
        self.sessionTimeoutMs = 45_000
        self.maxPollIntervalMs = 300_000
        self.queuedMaxBytes = 16 << 20
        self.fetchWaitMs = 100
        self.properties = [:]
    }
}
