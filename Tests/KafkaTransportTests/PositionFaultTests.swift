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

        @Test func aPartitionWhoseBeginningIsNotToldAtFirstIsReadAllTheSame() async throws {
            let embedded = try EmbeddedKafka()
            let (cluster, lines) = (KafkaCluster(embedded), LogLines())
            try await cluster.createTopic("jobs", partitions: 1)
            // UNKNOWN_TOPIC_OR_PART, as of a leader that has not heard yet that it is one.
            embedded.failRequests(2, errors: [3])
            let source = try KafkaJobSource(
                cluster.settings(),
                topics: ["jobs"],
                log: lines.log,
                positions: PretendStore().lookUp
            )
            #expect(await eventually { !lines.containing("did not tell where a partition begins").isEmpty })
            try await produce(5, to: "jobs", cluster)
            #expect(try await source.take(5, of: "jobs", within: 20).count == 5)
            #expect(source.stopped.isEmpty && source.health.unavailableTopics.isEmpty)
            #expect(lines.containing("a partition was stopped").isEmpty)
            await source.close()
            embedded.close()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func partitionsThatAreAddedAreReadFromTheirBeginning() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(5, to: topic, cluster, stem: "before")
            var settings = cluster.settings(groupID: unique("group"))
            settings.properties["topic.metadata.refresh.interval.ms"] = "500"
            let source = try KafkaJobSource(
                settings,
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let collected = Collected()
            let taking = Task {
                while let batches = try await source.nextBatches(of: topic) {
                    for batch in batches {
                        collected.add(batch)
                        source.commit(batch)
                    }
                }
            }
            #expect(await eventually { collected.count("before") == 5 })
            try RealKafka.addPartitions(to: topic, total: 4, on: cluster.bootstrapServers)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            #expect(try await eventually { try await probe.partitions(of: [topic]).count == 4 })
            try await produce(100, to: topic, cluster, stem: "after")
            #expect(await eventually { collected.count("after") == 100 })
            #expect(source.stopped.isEmpty)
            await source.close()
            try await taking.value
        }
    }
}
