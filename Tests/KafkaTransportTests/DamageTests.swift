import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite("Damage", .enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
    struct DamageTests {
        @Test("a batch that fails its checksum stops its partition, which goes on once the batch can be read")
        func damageThatIsMended() async throws {
            let broker = try await RealKafka.start()
            let (cluster, lines) = (KafkaCluster(broker), LogLines())
            try await cluster.createTopic("mended", partitions: 1)
            try await produce(5, to: "mended", cluster)
            try await broker.turnLastByte(of: "mended", partition: 0)
            let source = try source(of: "mended", cluster, PretendStore(), lines.log)
            #expect(await eventually { !source.stopped.isEmpty })
            #expect("\(source.health.stopped)".contains("broker's disk"))
            try await broker.turnLastByte(of: "mended", partition: 0)
            #expect(try await source.take(5, of: "mended").count == 5)
            #expect(source.stopped.isEmpty)
            await source.close()
            try await broker.kill()
        }

        @Test("a partition is read on behind a damaged batch when its position is moved there, and by a new group too")
        func damageThatIsGivenUp() async throws {
            let broker = try await RealKafka.start()
            let (cluster, store) = (KafkaCluster(broker), PretendStore())
            let place = TopicPartition(topic: "lost", partition: 0)
            try await cluster.createTopic("lost", partitions: 1)
            try await produce(2, to: "lost", cluster)
            let before = try source(of: "lost", cluster, store, .silent)
            let taken = try await before.take(2, of: "lost")
            for batch in taken.batches { store.store(batch) }
            await before.close()
            try await produce(1, to: "lost", cluster, stem: "damaged")
            try await broker.turnLastByte(of: "lost", partition: 0)
            try await produce(2, to: "lost", cluster, stem: "behind")
            let source = try source(of: "lost", cluster, store, .silent)
            #expect(await eventually { source.stopped == [place: 2] })
            store.set(place, 3)
            source.takeUp(place)
            #expect(try await source.takeOne(ofEach: 1, of: "lost").batches.first?.start == 3)
            await source.close()
            // This group's own position is before the batch.
            let lines = LogLines()
            let early = try self.source(of: "lost", cluster, PretendStore(), .silent, group: "behind")
            let first = try #require(try await early.nextBatches(of: "lost", recordsMax: 1)?.first)
            early.commit(first)
            await early.close()
            let after = try self.source(of: "lost", cluster, store, lines.log, group: "behind")
            #expect(await eventually { !lines.containing("or are damaged; reading on").isEmpty })
            // What it reads before the damage the store knows already.
            #expect(try await after.offsets(upTo: 4, of: "lost").suffix(2) == [3, 4])
            #expect(after.stopped.isEmpty)
            await after.close()
            try await broker.kill()
        }

        private func source(
            of topic: String,
            _ cluster: KafkaCluster,
            _ store: PretendStore,
            _ log: Log,
            group: String = "damage"
        ) throws -> KafkaJobSource {
            try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                limits: IntakeQueues.Limits(),
                stopsRepeatAfter: .seconds(1),
                log: log,
                positions: store.lookUp
            )
        }
    }
}
