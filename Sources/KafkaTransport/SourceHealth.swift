package import SessionCore

/// How a job source is doing, for readiness, metrics and the watchdog.
package struct SourceHealth: Sendable {
    /// Why a partition is not read on, and where.
    package struct Stop: Equatable, Sendable {
        package enum Cause: Equatable, Sendable {
            /// The records are gone.
            case gone
            /// The records are there and cannot be read whole.
            case damaged
            /// Kafka does not tell where the partition begins.
            case noBeginning
        }

        package var cause: Cause
        package var reason: TransportError
        /// The offset that would have been read next.
        package var next: Int64
    }

    /// The partitions that this member reads.
    package var assigned: [TopicPartition] = []
    /// Records that wait in memory, by topic.
    package var waitingByTopic: [String: Int] = [:]
    /// When the polling thread last turned. It does so several times a second, whatever Kafka does.
    package var lastPoll: ContinuousClock.Instant
    /// When a batch was last reported as accounted for, or partitions were given. No progress for long while records
    /// wait means that intake is stuck.
    package var lastProgress: ContinuousClock.Instant
    /// What the source waits for (`kafka`, `group coordinator`, `stored positions`, or, out of its group, `store`, or
    /// `consumer` while none can be made with the settings' files); nil when nothing is missing.
    package var waitingFor: String?
    /// Partitions that were stopped. They start again with the next assignment, or when their stored position is moved.
    package var stopped: [TopicPartition: Stop] = [:]
    /// Topics that cannot be read at present, with the reason.
    package var unavailableTopics: [String: TransportError] = [:]

    /// Records that wait in memory.
    package var waitingRecords: Int { waitingByTopic.values.reduce(0, +) }
}
