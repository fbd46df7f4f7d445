package import KafkaTransport
import Logs

/// A cluster that a scenario runs on, embedded or real.
package struct KafkaCluster: Sendable {
    /// For the test's name.
    package let name: String
    /// Whether it is Apache Kafka.
    package let isReal: Bool
    package let bootstrapServers: String
    private let makeTopic: @Sendable (String, Int) async throws -> Void

    /// Settings of a client, with timings that suit a test.
    package func settings(groupID: String = "usher") -> KafkaSettings {
        var settings = KafkaSettings(bootstrapServers: bootstrapServers, groupID: groupID)
        settings.fetchWaitMs = 10
        settings.sessionTimeoutMs = 6_000
        return settings
    }

    /// Makes a topic and returns when it can be used.
    package func createTopic(_ topic: String, partitions: Int) async throws {
        try await makeTopic(topic, partitions)
    }
}

extension KafkaCluster {
    package init(_ embedded: EmbeddedKafka) {
        name = "embedded"
        isReal = false
        bootstrapServers = embedded.bootstrapServers
        makeTopic = { topic, partitions in try embedded.createTopic(topic, partitions: partitions) }
    }

    package init(_ real: RealKafka) {
        name = "real"
        isReal = true
        bootstrapServers = real.bootstrapServers
        let settings = KafkaSettings(bootstrapServers: real.bootstrapServers)
        makeTopic = { topic, partitions in
            let probe = ClusterProbe(settings, log: .silent)
            try await probe.create([ClusterProbe.NewTopic(name: topic, partitions: partitions)])
            // Created is not yet led: wait until each partition has a leader.
            let deadline = ContinuousClock.now + .seconds(20)
            while ContinuousClock.now < deadline {
                let found = try await probe.describe(topics: [topic]).topics.first
                if found?.error == nil, found?.partitions.count == partitions,
                    found?.partitions.allSatisfy({ $0.leader != nil }) == true
                {
                    return
                }
            }
            throw RealKafka.Failure("the topic \(topic) has no leaders after 20 s")
        }
    }
}
