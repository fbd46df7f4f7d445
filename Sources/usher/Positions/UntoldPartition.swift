import SessionCore

/// A partition of a jobs topic of which Kafka does not tell where it begins and ends, while it tells of others. Pure.
struct UntoldPartition: Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        case noLeader
        case failed(TransportError)
    }

    var partition: TopicPartition
    /// The next offset to be taken in, by the store; nil where nothing was taken in yet.
    var position: Int64?
    /// The next offset by Kafka's group; nil where it knows nothing.
    var committed: Int64?
    var cause: Cause

    var words: String {
        switch cause {
        case .noLeader: "unknown: it has no leader; bring its brokers back"
        case .failed(let error): "unknown: \(error)"
        }
    }
}
