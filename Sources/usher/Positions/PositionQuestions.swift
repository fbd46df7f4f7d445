import KafkaTransport
import Logs
import PostgresStore
import SessionCore
import Settings
import Spelling
import Terminal

/// Asks Kafka and the store how far the work is.
enum PositionQuestions {
    /// The standings of the topics' partitions, in their order. Throws `TransportError` and `StoreError`.
    static func standings(
        of topics: [String],
        _ store: PostgresStore,
        _ configuration: Configuration
    ) async throws -> [PartitionStanding] {
        let settings = try configuration.kafka.transportSettings()
        let probe = ClusterProbe(settings, log: Log(level: .error, format: .text))
        let places = try await probe.partitions(of: topics).sorted(by: TopicPartition.inOrder)
        // The store first: what is taken in between the questions would lie behind the end that Kafka told.
        let positions = try await store.positions(of: places)
        let lags = try await probe.lag(topics: topics)
        return places.compactMap { place in
            lags[place].map { lag in
                PartitionStanding(
                    partition: place,
                    position: positions[place],
                    committed: lag.committed,
                    first: lag.low,
                    end: lag.high
                )
            }
        }
    }
}

extension Invocation {
    /// The jobs topics that are asked about: the one that was named, or all. Throws `UsageError` for one that the
    /// settings do not have.
    func jobsTopics(in configuration: Configuration) throws(UsageError) -> [String] {
        let known = configuration.kafka.jobsTopics.map(\.name)
        guard let name = optionalArgument("TOPIC") else { return known }
        if known.contains(name) { return [name] }
        let near = nearestWord(to: name, among: known).map { "did you mean \($0)? There are" } ?? "there are"
        let list = known.joined(separator: ", ")
        throw UsageError(
            path: path,
            message: "the settings have no jobs topic \(printable(name)); \(near) \(list)"
        )
    }
}
