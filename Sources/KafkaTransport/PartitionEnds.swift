package import SessionCore

/// Where a partition begins and ends, or why that is not known.
package enum PartitionEnds: Equatable, Sendable {
    /// The first offset that it has, and the one that its next record will get.
    case told(low: Int64, high: Int64)
    /// No broker leads it.
    case noLeader
    /// It was asked, and failed while brokers answered.
    case failed(TransportError)
}
