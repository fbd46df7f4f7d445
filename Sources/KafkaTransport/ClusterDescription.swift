package import SessionCore

/// What a cluster says about itself.
package struct ClusterDescription: Equatable, Sendable {
    package struct Broker: Equatable, Sendable {
        package var id: Int32
        package var host: String
        package var port: Int
    }

    package struct Partition: Equatable, Sendable {
        package var id: Int32
        /// The broker that leads it; nil while none does.
        package var leader: Int32?
        package var replicas: [Int32]
        package var inSyncReplicas: [Int32]
    }

    package struct Topic: Equatable, Sendable {
        package var name: String
        package var partitions: [Partition]
        /// Why the topic cannot be used, with what to do; nil where it can.
        package var error: TransportError?
    }

    package var brokers: [Broker]
    package var topics: [Topic]
}
