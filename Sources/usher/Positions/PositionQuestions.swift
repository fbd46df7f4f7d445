import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings

/// Asks Kafka and the store how far the work is.
enum PositionQuestions {
    /// The standings of the topics' partitions, in their order. `timeout` bounds each question to Kafka. Throws
    /// `TransportError` and `StoreError`.
    static func standings(
        of topics: [String],
        _ store: PostgresStore,
        _ configuration: Configuration,
        timeout: Duration = .seconds(10)
    ) async throws -> [PartitionStanding] {
        let log = Log(level: .error, format: .text)
        let settings = try configuration.kafka.transportSettings(log: log)
        let probe = ClusterProbe(settings, timeout: timeout, log: log)
        let places = try await probe.partitions(of: topics).sorted(by: TopicPartition.inOrder)
        // The store first: what is taken in between the questions would lie behind the end that Kafka told.
        let positions = try await store.positions(of: places)
        let lags = try await probe.lag(topics: topics)
        return places.compactMap { place in
            lags[place].map { lag in
                PartitionStanding(
                    partition: place,
                    position: positions[place]?.next,
                    floor: positions[place]?.floor ?? 0,
                    committed: lag.committed,
                    first: lag.low,
                    end: lag.high
                )
            }
        }
    }
}
