import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite("Retention", .enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
    struct RetentionTests {
        @Test("records deleted behind Kafka's position, and all of them accounted for, stop nothing")
        func whatTheStoreAccountedForMayBeDeleted() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(10, to: topic, cluster)
            let (store, lines) = (PretendStore(), LogLines())
            let place = TopicPartition(topic: topic, partition: 0)
            let group = unique("group")
            let first = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            let batch = try #require(try await first.nextBatches(of: topic, recordsMax: 3)?.first)
            first.commit(batch)
            await first.close()
            // The worker was killed after it had stored more than it told Kafka.
            store.set(place, 6)
            try RealKafka.deleteRecords(of: topic, partition: 0, before: 5, on: cluster.bootstrapServers)
            let second = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: lines.log,
                positions: store.lookUp
            )
            let rest = try await second.take(4, of: topic)
            #expect(rest.batches.first?.start == 6)
            #expect(lines.containing("a partition was stopped").isEmpty)
            await second.close()
        }
    }
}
