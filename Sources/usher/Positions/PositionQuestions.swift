import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings

/// Asks Kafka and the store how far the work is.
enum PositionQuestions {
    /// The topics' partitions, in their order. Throws `TransportError`.
    static func partitions(
        of topics: [String],
        _ configuration: Configuration,
        timeout: Duration = .seconds(10)
    ) async throws -> [TopicPartition] {
        try await probe(configuration, timeout: timeout).partitions(of: topics).sorted(by: TopicPartition.inOrder)
    }

    /// The standings of these partitions, in this order; no other is asked for. `timeout` bounds each question to
    /// Kafka. Throws `TransportError` and `StoreError`.
    static func standings(
        of places: [TopicPartition],
        _ store: PostgresStore,
        _ configuration: Configuration,
        timeout: Duration = .seconds(10)
    ) async throws -> PartitionStandings {
        // The store first: what is taken in between the questions would lie behind the end that Kafka told.
        let positions = try await store.positions(of: places)
        let lags = try await probe(configuration, timeout: timeout).lag(of: places)
        return PartitionStandings(of: places, positions, lags)
    }

    /// The standings of the topics' partitions, in their order.
    static func standings(
        of topics: [String],
        _ store: PostgresStore,
        _ configuration: Configuration,
        timeout: Duration = .seconds(10)
    ) async throws -> PartitionStandings {
        let places = try await partitions(of: topics, configuration, timeout: timeout)
        return try await standings(of: places, store, configuration, timeout: timeout)
    }

    private static func probe(_ configuration: Configuration, timeout: Duration) throws -> ClusterProbe {
        let log = Log(level: .error, format: .text)
        return ClusterProbe(try configuration.kafka.transportSettings(log: log), timeout: timeout, log: log)
    }
}
