import BlockingThreads
package import Logs
package import SessionCore

/// Asks a cluster about itself, for `usher doctor`, and makes topics for development and tests. Each question makes a
/// client of its own, on the probe's thread.
package actor ClusterProbe {
    /// A topic to be made.
    package struct NewTopic: Equatable, Sendable {
        package var name: String
        package var partitions: Int
        /// nil leaves it to the cluster.
        package var replicas: Int?
        /// Kafka's own settings of the topic, such as `retention.ms`.
        package var settings: [String: String]

        package init(name: String, partitions: Int, replicas: Int? = nil, settings: [String: String] = [:]) {
            self.name = name
            self.partitions = partitions
            self.replicas = replicas
            self.settings = settings
        }
    }

    /// How far a group is with a partition.
    package struct Lag: Equatable, Sendable {
        /// nil where the group has committed nothing.
        package var committed: Int64?
        package var ends: PartitionEnds
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let executor = ThreadExecutor(name: "usher-probe")
    private let questions: ProbeQuestions

    /// `timeout` bounds each question.
    package init(_ settings: KafkaSettings, timeout: Duration = .seconds(10), log: Log) {
        questions = ProbeQuestions(
            settings: settings,
            timeoutMs: Int32(clamping: timeout.components.seconds * 1_000),
            log: log
        )
    }

    /// The brokers, and what there is of the topics. Throws `TransportError` where no broker answers or the login is
    /// refused, with what to do.
    package func describe(topics: [String]) throws(TransportError) -> ClusterDescription {
        try questions.describe(topics: topics)
    }

    /// Kafka's settings of a topic, such as `retention.ms`, `cleanup.policy`, `min.insync.replicas` and
    /// `max.message.bytes`. Throws `TransportError`; the embedded cluster has none.
    package func settings(ofTopic topic: String) throws(TransportError) -> [String: String] {
        try questions.settings(ofTopic: topic)
    }

    /// Makes topics; those that exist are left as they are. Throws `TransportError` for the first that was refused.
    package func create(_ topics: [NewTopic]) throws(TransportError) {
        try questions.create(topics)
    }

    /// All partitions of the topics. Throws `TransportError`, also where one of the topics cannot be read.
    package func partitions(of topics: [String]) throws(TransportError) -> [TopicPartition] {
        try questions.describe(topics: topics).partitions()
    }

    /// How far the group of the settings is with these partitions; no other is asked. Throws `TransportError`, but
    /// not where some of them tell and others do not.
    package func lag(of places: [TopicPartition]) throws(TransportError) -> [TopicPartition: Lag] {
        try questions.lag(of: places)
    }

    /// The first record of each partition from an offset on, read outside any group; `timeout` is for all of them.
    /// Throws `TransportError`.
    package func firstRecords(
        from offsets: [TopicPartition: Int64]
    ) throws(TransportError) -> [TopicPartition: FirstRecord] {
        try questions.firstRecords(from: offsets)
    }

    /// The partitions that members of the group of the settings have. Throws `TransportError`, also while the group
    /// deals its partitions out; the embedded cluster does not tell.
    package func assignedPartitions() throws(TransportError) -> Set<TopicPartition> {
        try questions.assignedPartitions()
    }
}
