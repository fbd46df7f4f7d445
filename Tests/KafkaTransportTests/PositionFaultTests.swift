import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    /// What a partition is read from is not on Kafka, or cannot be looked up.
    @Suite struct PositionFaultTests {
        @Test func anErrorThatComesLateDoesNotStopAPartitionThatWasTakenUpAgain() async throws {
            let embedded = try EmbeddedKafka(brokers: 2)
            let (cluster, store) = (KafkaCluster(embedded), PretendStore())
            let places = (0..<2).map { TopicPartition(topic: "jobs", partition: $0) }
            try await cluster.createTopic("jobs", partitions: 2)
            try embedded.setLeader(of: "jobs", partition: 0, broker: 1)
            try embedded.setLeader(of: "jobs", partition: 1, broker: 2)
            try await produce(20, to: "jobs", cluster)
            for place in places { store.set(place, 1_000) }
            store.goAway(true)
            let source = try KafkaJobSource(
                cluster.settings(),
                topics: ["jobs"],
                log: .silent,
                positions: store.lookUp
            )
            #expect(await eventually { source.health.waitingFor == "stored positions" })
            // What the second broker tells of its partition comes after both were taken up again.
            try embedded.setRoundTrip(broker: 2, milliseconds: 500)
            store.goAway(false)
            #expect(await eventually { source.stopped[places[0]] == 1_000 })
            for place in places { store.set(place, 0) }
            source.takeUp(places[0])
            #expect(try await source.take(20, of: "jobs", within: 20).count == 20)
            #expect(source.stopped.isEmpty)
            await source.close()
            embedded.close()
        }
    }
}
