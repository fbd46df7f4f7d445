import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite struct JobSourceTests {
        @Test(arguments: ClusterKind.available)
        func recordsOfSeveralTopicsAndPartitionsComeInOrderWithoutGaps(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topics = [unique("agents"), unique("bulk")]
            for topic in topics {
                try await cluster.createTopic(topic, partitions: 3)
                try await produce(1_000, to: topic, cluster, stem: "\(topic)-")
            }
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: topics,
                log: .silent,
                positions: PretendStore().lookUp
            )
            for topic in topics {
                let taken = try await source.take(1_000, of: topic)
                #expect(taken.values.keys.allSatisfy { $0.topic == topic })
                #expect(taken.values.count == 3)
                #expect(taken.all.count == 1_000)
                for (place, values) in taken.values {
                    let numbers = values.compactMap { Int($0.dropFirst(place.topic.count + 1)) }
                    #expect(numbers == numbers.sorted(), "\(place) is out of order")
                }
            }
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func readingStartsAtTheSmallerOfCommittedAndStored(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(10, to: topic, cluster)
            let place = TopicPartition(topic: topic, partition: 0)
            let store = PretendStore()
            func firstBatch(committing: Bool) async throws -> RecordBatch {
                let source = try KafkaJobSource(
                    cluster.settings(groupID: group),
                    topics: [topic],
                    log: .silent,
                    positions: store.lookUp
                )
                let batch = try await atMost(30) { try await source.nextBatch(of: topic) } ?? nil
                if committing, let batch { source.commit(batch) }
                await source.close()
                return try #require(batch)
            }
            // Neither knows one: from the beginning.
            #expect(try await firstBatch(committing: false).start == 0)
            // Only the store does.
            store.set(place, 4)
            let fromStore = try await firstBatch(committing: true)
            #expect(fromStore.start == 4)
            #expect(fromStore.records.first?.value == Array("r4".utf8))
            #expect(try await committed(topic, cluster, group: group) == [place: fromStore.next])
            // Both do, and the store is behind, as after a restore.
            store.set(place, 2)
            #expect(try await firstBatch(committing: false).start == 2)
            // Both do, and Kafka is behind, as after a crash between the two.
            store.set(place, 1_000)
            try await produce(1, to: topic, cluster)
            #expect(try await firstBatch(committing: false).start == fromStore.next)
        }

        @Test(arguments: ClusterKind.available)
        func nothingBeforeWhereAnOperatorPutThePositionIsReadAndKafkaHearsOfIt(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group, store) = (unique("jobs"), unique("group"), PretendStore())
            let place = TopicPartition(topic: topic, partition: 0)
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(10, to: topic, cluster)
            func source() throws -> KafkaJobSource {
                try KafkaJobSource(
                    cluster.settings(groupID: group),
                    topics: [topic],
                    log: .silent,
                    positions: store.lookUp
                )
            }
            let first = try source()
            let batch = try #require(try await first.nextBatches(of: topic, recordsMax: 3)?.first)
            store.store(batch)
            first.commit(batch)
            await first.close()
            // While nobody reads.
            store.set(place, 10, floor: 10)
            let second = try source()
            #expect(try await eventually { try await committed(topic, cluster, group: group) == [place: 10] })
            try await produce(10, to: topic, cluster, stem: "later")
            let later = try #require(try await second.nextBatches(of: topic, recordsMax: 3)?.first)
            #expect(later.start == 10)
            // While the topic is paused, with records in memory and a batch out.
            second.pause(topic: topic)
            store.set(place, 20, floor: 20)
            second.rewind(place)
            #expect(try await eventually { try await committed(topic, cluster, group: group) == [place: 20] })
            second.resume(topic: topic)
            try await produce(1, to: topic, cluster, stem: "last")
            #expect(try await second.take(1, of: topic).batches.map(\.start) == [20])
            await second.close()
        }

        @Test(arguments: ClusterKind.available)
        func onlyWhatWasReportedIsCommitted(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(1_200, to: topic, cluster)
            let source = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let first = try #require(try await source.nextBatch(of: topic))
            source.commit(first)
            let second = try #require(try await source.nextBatch(of: topic))
            #expect(second.start == first.next)
            let place = TopicPartition(topic: topic, partition: 0)
            #expect(try await eventually { try await committed(topic, cluster, group: group) == [place: first.next] })
            await source.close()
            #expect(try await committed(topic, cluster, group: group) == [place: first.next])
        }

        @Test(arguments: ClusterKind.available)
        func aRewoundPartitionIsReadAgainFromItsStoredPosition(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(2_000, to: topic, cluster)
            let store = PretendStore()
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            let first = try #require(try await source.nextBatch(of: topic))
            store.store(first)
            source.commit(first)
            let second = try #require(try await source.nextBatch(of: topic))
            source.rewind(second)
            source.commit(second)
            let rest = try await source.take(2_000 - first.records.count, of: topic)
            #expect(rest.batches.first?.start == second.start)
            #expect(rest.batches.first?.assignment != second.assignment)
            #expect(rest.batches.map(\.records.count).reduce(0, +) == 2_000 - first.records.count)
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func aRewindWithNothingStoredGoesBackToTheStart(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(1_500, to: topic, cluster)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let first = try #require(try await source.nextBatch(of: topic))
            source.rewind(first)
            let again = try await source.take(1_500, of: topic)
            #expect(again.batches.first?.start == 0)
            #expect(again.count == 1_500)
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func aPartitionWhosePositionTheStoreLostIsReadFromItsBeginning(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(20, to: topic, cluster)
            let store = PretendStore()
            let place = TopicPartition(topic: topic, partition: 0)
            store.set(place, 15)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            #expect(try await source.take(5, of: topic).batches.first?.start == 15)
            store.forget(place)
            #expect(source.accounted[place] == 20)
            source.rewind(place)
            let again = try await source.take(20, of: topic)
            #expect(again.batches.first?.start == 0)
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func aPausedTopicKeepsStillWhileTheOtherFlows(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (agents, bulk) = (unique("agents"), unique("bulk"))
            for topic in [agents, bulk] { try await cluster.createTopic(topic, partitions: 2) }
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [agents, bulk],
                log: .silent,
                positions: PretendStore().lookUp
            )
            source.pause(topic: bulk)
            try await produce(300, to: bulk, cluster, stem: "b")
            try await produce(300, to: agents, cluster, stem: "a")
            let paused = Collected()
            let taking = Task {
                while paused.count() < 300, let batches = try await source.nextBatches(of: bulk) {
                    for batch in batches {
                        paused.add(batch)
                        source.commit(batch)
                    }
                }
            }
            let flowing = try await source.take(300, of: agents)
            #expect(Set(flowing.batches.map(\.topic)) == [agents])
            #expect(paused.count() == 0)
            source.resume(topic: bulk)
            #expect(await eventually { paused.count("b") == 300 })
            try await taking.value
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func thirtyThousandRecordsPassThroughAMemoryOfAFewHundred(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 16)
            try await produce(30_000, to: topic, cluster, padding: 200)
            let limits = IntakeQueues.Limits(topicRecordsMax: 1_000)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                limits: limits,
                log: .silent,
                positions: PretendStore().lookUp
            )
            let start = ContinuousClock.now
            var highest = 0
            var taken = Taken()
            while taken.count < 30_000, let batches = try await source.nextBatches(of: topic) {
                for batch in batches {
                    taken.add(batch)
                    source.commit(batch)
                }
                highest = max(highest, source.health.waitingRecords)
            }
            let elapsed = ContinuousClock.now - start
            await source.close()
            #expect(taken.all.count == 30_000)
            #expect(taken.count == 30_000)
            #expect(highest <= 1_500, "\(highest) records waited in memory")
            #expect(elapsed < .seconds(30), "took \(elapsed)")
            print("30,000 records through the \(kind.rawValue) cluster in \(elapsed), at most \(highest) waiting")
        }

        @Test(arguments: ClusterKind.available)
        func anAgentsRecordDoesNotQueueBehindACampaign(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (agents, bulk) = (unique("agents"), unique("bulk"))
            for topic in [agents, bulk] { try await cluster.createTopic(topic, partitions: 4) }
            try await produce(20_000, to: bulk, cluster, stem: "b", padding: 100)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [agents, bulk],
                log: .silent,
                positions: PretendStore().lookUp
            )
            _ = try #require(try await source.nextBatches(of: bulk))
            // The bulk topic fills its share of the memory and is paused.
            #expect(await eventually { source.health.waitingRecords >= 4_000 })
            try await produce(1, to: agents, cluster, stem: "a")
            #expect(await eventually { source.health.waitingByTopic[agents] == 1 })
            let next = try #require(try await atMost(10) { try await source.nextBatches(of: agents) } ?? nil)
            #expect(next.map(\.topic) == [agents], "the campaign came first")
            await source.close()
        }

        @Test(arguments: ClusterKind.available)
        func whileTheStoreIsAwayPartitionsWaitAndClosingDoesNot(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(3, to: topic, cluster)
            let (store, lines) = (PretendStore(), LogLines())
            store.goAway(true)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: lines.log,
                positions: store.lookUp
            )
            #expect(await eventually { source.health.waitingFor == "stored positions" && store.questions > 2 })
            #expect(lines.containing("stored positions cannot be read").count == 1)
            store.goAway(false)
            #expect(try await source.take(3, of: topic).count == 3)
            #expect(lines.containing("can be read again").count == 1)
            await source.close()

            store.goAway(true)
            let waiting = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            #expect(await eventually { waiting.health.waitingFor == "stored positions" })
            let start = ContinuousClock.now
            await waiting.close()
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await waiting.nextBatches(of: topic) == nil)
        }

        @Test(arguments: ClusterKind.available)
        func aPositionThatIsGoneStopsItsPartitionAloneUntilItIsMoved(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (gone, good) = (unique("jobs"), unique("jobs"))
            for topic in [gone, good] {
                try await cluster.createTopic(topic, partitions: 1)
                try await produce(5, to: topic, cluster)
            }
            let (store, lines) = (PretendStore(), LogLines())
            let place = TopicPartition(topic: gone, partition: 0)
            store.set(place, 1_000)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [gone, good],
                log: lines.log,
                positions: store.lookUp
            )
            let taken = try await source.take(5, of: good)
            #expect(Set(taken.batches.map(\.topic)) == [good])
            #expect(await eventually { source.health.stopped[place] != nil })
            #expect("\(source.health.stopped)".contains("usher position set"))
            #expect(source.stopped == [place: 1_000])
            store.set(place, 2)
            source.takeUp(place)
            #expect(try await source.take(3, of: gone).batches.map(\.start) == [2])
            #expect(source.stopped.isEmpty)
            #expect(lines.containing("a partition was stopped").count == 1)
            await source.close()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME")) func aMissingTopicIsNamedWithWhatToDo()
            async throws
        {
            let cluster = try await ClusterKind.real.cluster()
            let (missing, good) = (unique("missing"), unique("jobs"))
            try await cluster.createTopic(good, partitions: 1)
            try await produce(2, to: good, cluster)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [missing, good],
                log: .silent,
                positions: PretendStore().lookUp
            )
            #expect(try await source.take(2, of: good).count == 2)
            #expect(await eventually { "\(source.health.unavailableTopics[missing] as Any)".contains("Create topic") })
            await source.close()
        }
    }
}
