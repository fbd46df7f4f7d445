import KafkaTransport
import SessionCore

/// How far the work is with partitions, in order, and those of which that is not known. Pure.
struct PartitionStandings: Equatable, Sendable {
    var told: [PartitionStanding] = []
    var untold: [UntoldPartition] = []

    /// What the store and Kafka said of partitions.
    init(
        of places: [TopicPartition],
        _ positions: [TopicPartition: StoredPosition],
        _ lags: [TopicPartition: ClusterProbe.Lag]
    ) {
        for place in places {
            guard let lag = lags[place] else { continue }
            let cause: UntoldPartition.Cause
            switch lag.ends {
            case .told(let low, let high):
                told.append(
                    PartitionStanding(
                        partition: place,
                        position: positions[place]?.next,
                        floor: positions[place]?.floor ?? 0,
                        committed: lag.committed,
                        first: low,
                        end: high
                    )
                )
                continue
            case .noLeader: cause = .noLeader
            case .failed(let error): cause = .failed(error)
            }
            untold.append(
                UntoldPartition(
                    partition: place,
                    position: positions[place]?.next,
                    committed: lag.committed,
                    cause: cause
                )
            )
        }
    }
}
