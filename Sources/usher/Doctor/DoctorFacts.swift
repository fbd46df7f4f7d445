import KafkaTransport
import PostgresStore
import SessionCore
import Settings
import Synchronization

/// What earlier checks found out, for those that rest on them.
final class DoctorFacts: Sendable {
    struct State: Sendable {
        var server: ServerStatus?
        /// Postgres's clock minus this machine's.
        var clockDifference: Duration?
        var cluster: ClusterDescription?
        /// After how long Kafka deletes a topic's records; topics that keep theirs for ever, or do not say, are absent.
        var retention: [String: Duration] = [:]
        /// How far the work is with the jobs topics.
        var standings: [PartitionStanding] = []
        /// Whether something listens where callbacks are to be received.
        var areCallbacksServed = false
    }

    let context: VerbContext
    /// nil when the settings cannot be used; nothing that asks for it runs then.
    let loaded: LoadedSettings?
    /// What is wrong with the files that the settings name.
    let files: Result<Void, any Error>
    let state = Mutex(State())

    init(_ context: VerbContext, _ loaded: LoadedSettings?, files: Result<Void, any Error>) {
        self.context = context
        self.loaded = loaded
        self.files = files
    }
}
