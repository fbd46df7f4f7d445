import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite("Retention", .enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
    struct RetentionTests {
        @Test("records deleted behind Kafka's positions, and all of them accounted for, stop no partition")
        func whatTheStoreAccountedForMayBeDeleted() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 2)
            try await produce(200, to: topic, cluster)
            let (store, lines) = (PretendStore(), LogLines())
            let first = try source(of: topic, group, cluster, PretendStore(), .silent)
            // The first batch of each partition is told to Kafka, and no other.
            var told: [TopicPartition: RecordBatch] = [:]
            while told.count < 2 {
                let batch = try #require(try await first.nextBatches(of: topic, recordsMax: 3)?.first)
                told[batch.topicPartition] = batch
            }
            for batch in told.values { first.commit(batch) }
            await first.close()
            // The worker was killed after it had stored all, and had told Kafka of three records a partition.
            for (place, end) in try await ends(of: topic, cluster) {
                store.set(place, end)
                try RealKafka.deleteRecords(
                    of: topic,
                    partition: place.partition,
                    before: 10,
                    on: cluster.bootstrapServers
                )
            }
            let second = try source(of: topic, group, cluster, store, lines.log)
            #expect(await eventually { lines.containing("or are damaged; reading on").count == 2 })
            try await produce(20, to: topic, cluster, stem: "later")
            let later = try await second.take(20, of: topic)
            #expect(later.batches.allSatisfy { $0.start >= 10 })
            #expect(lines.containing("or are damaged; reading on").count == 2, "it begins again and again")
            #expect(lines.containing("a partition was stopped").isEmpty)
            await second.close()
        }

        @Test("records deleted before they were taken in stop their partition, until its position is moved behind them")
        func whatNobodyAccountedForMayNotBeDeleted() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(20, to: topic, cluster)
            let place = TopicPartition(topic: topic, partition: 0)
            let (store, lines) = (PretendStore(), LogLines())
            let first = try source(of: topic, group, cluster, store, .silent)
            let batch = try #require(try await first.nextBatches(of: topic, recordsMax: 3)?.first)
            store.store(batch)
            first.commit(batch)
            await first.close()
            try RealKafka.deleteRecords(of: topic, partition: 0, before: 10, on: cluster.bootstrapServers)
            let second = try source(of: topic, group, cluster, store, lines.log)
            #expect(await eventually { second.stopped == [place: 3] })
            store.set(place, 10)
            second.takeUp(place)
            let taken = try await second.take(10, of: topic)
            #expect(taken.batches.first?.start == 10)
            await second.close()
            #expect(lines.containing("a partition was stopped").count == 1)
            #expect(try await committed(topic, cluster, group: group) == [place: 20])
        }

        private func source(
            of topic: String,
            _ group: String,
            _ cluster: KafkaCluster,
            _ store: PretendStore,
            _ log: Log
        ) throws -> KafkaJobSource {
            try KafkaJobSource(cluster.settings(groupID: group), topics: [topic], log: log, positions: store.lookUp)
        }

        /// As another group reads them.
        private func ends(of topic: String, _ cluster: KafkaCluster) async throws -> [TopicPartition: Int64] {
            let reader = try source(of: topic, unique("group"), cluster, PretendStore(), .silent)
            let taken = try await reader.take(200, of: topic)
            await reader.close()
            return Dictionary(taken.batches.map { ($0.topicPartition, $0.next) }, uniquingKeysWith: max)
        }
    }
}
