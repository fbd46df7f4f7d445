import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite struct ReaderAndProbeTests {
        private func reader(_ cluster: KafkaCluster, _ request: ResultReader.Request) -> ResultReader {
            ResultReader(cluster.settings(), request, log: .silent)
        }

        private func all(_ reader: ResultReader) async throws -> [String] {
            var values: [String] = []
            while let records = try await reader.next() {
                values += records.map { String(decoding: $0.value ?? [], as: UTF8.self) }
            }
            await reader.close()
            return values
        }

        @Test(arguments: ClusterKind.available)
        func readingEndsWhereTheTopicEndedAndMayBeOfOneKey(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 3)
            let empty = ResultReader.Request(topic: topic, start: .beginning, follows: false)
            #expect(try await all(reader(cluster, empty)) == [])
            try await produce(700, to: topic, cluster)
            #expect(Set(try await all(reader(cluster, empty))).count == 700)
            let one = ResultReader.Request(topic: topic, start: .beginning, follows: false, key: Array("r77".utf8))
            #expect(try await all(reader(cluster, one)) == ["r77"])
            let fromEnd = ResultReader.Request(topic: topic, start: .end, follows: false)
            #expect(try await all(reader(cluster, fromEnd)) == [])
        }

        @Test(arguments: ClusterKind.available)
        func followingShowsWhatIsWrittenLaterUntilItIsStopped(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 2)
            try await produce(5, to: topic, cluster, stem: "old")
            let reader = reader(cluster, ResultReader.Request(topic: topic, start: .end, follows: true))
            let collected = Collected()
            let following = Task {
                while let records = try await reader.next() {
                    collected.add(records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
                }
            }
            // It follows from where the topic ends when it begins, which is soon, but not at a known time.
            var written = 0
            while written < 200, collected.count("new") < 6 {
                try await produce(3, to: topic, cluster, stem: "new\(written)-")
                written += 1
            }
            #expect(collected.count("new") >= 6)
            #expect(collected.count("old") == 0)
            reader.stop()
            #expect(try await atMost(10) { try await following.value } != nil)
            #expect(try await reader.next() == nil)
            await reader.close()
        }

        @Test func aPartitionWithoutALeaderIsToldAndTheOthersAreRead() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("results", partitions: 2)
            try await produce(40, to: "results", cluster)
            try embedded.setLeader(of: "results", partition: 0, broker: -1)
            let news = ToldNews()
            let reader = ResultReader(
                cluster.settings(),
                ResultReader.Request(topic: "results", start: .beginning, follows: false),
                log: .silent,
                onNews: { news.add($0) }
            )
            var read: [ReadRecord] = []
            while let records = try await reader.next() { read += records }
            #expect(Set(read.map(\.position.partition)) == [1])
            let headless = TopicPartition(topic: "results", partition: 0)
            #expect(await reader.unread == [headless])
            #expect(news.all == [.unread(headless, nil)])
            await reader.close()
            embedded.close()
        }

        @Test func whoFollowsReadsAPartitionOnceItHasALeader() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("results", partitions: 2)
            try await produce(40, to: "results", cluster)
            try embedded.setLeader(of: "results", partition: 0, broker: -1)
            let news = ToldNews()
            let reader = ResultReader(
                cluster.settings(),
                ResultReader.Request(
                    topic: "results",
                    start: .beginning,
                    follows: true,
                    looksEvery: .milliseconds(100)
                ),
                log: .silent,
                onNews: { news.add($0) }
            )
            let collected = Collected()
            let following = Task {
                while let records = try await reader.next() {
                    collected.add(records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
                }
            }
            #expect(await eventually { news.all.count == 1 && collected.count() > 0 })
            #expect(collected.count() < 40)
            try embedded.setLeader(of: "results", partition: 0, broker: 1)
            #expect(await eventually { collected.count() == 40 })
            reader.stop()
            #expect(try await atMost(10) { try await following.value } != nil)
            await reader.close()
            embedded.close()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func whoFollowsReadsPartitionsThatAreAdded() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(5, to: topic, cluster, stem: "before")
            let request = ResultReader.Request(
                topic: topic,
                start: .beginning,
                follows: true,
                looksEvery: .milliseconds(200)
            )
            let reader = reader(cluster, request)
            let collected = Collected()
            let following = Task {
                while let records = try await reader.next() {
                    collected.add(records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
                }
            }
            #expect(await eventually { collected.count("before") == 5 })
            try RealKafka.addPartitions(to: topic, total: 4, on: cluster.bootstrapServers)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            #expect(try await eventually { try await probe.partitions(of: [topic]).count == 4 })
            try await produce(100, to: topic, cluster, stem: "after")
            #expect(await eventually { collected.count("after") == 100 })
            reader.stop()
            #expect(try await atMost(10) { try await following.value } != nil)
            await reader.close()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func readingFromATimeStartsAtTheFirstRecordNotOlder() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(10, to: topic, cluster, stem: "old")
            let everything = reader(cluster, ResultReader.Request(topic: topic, start: .beginning, follows: false))
            let last = try #require(try await everything.next()?.last?.timestampMs)
            await everything.close()
            // A later record has a later time.
            while true {
                try await produce(1, to: topic, cluster, stem: "new")
                let since = ResultReader.Request(topic: topic, start: .time(milliseconds: last + 1), follows: false)
                let found = try await all(reader(cluster, since))
                #expect(found.allSatisfy { $0.hasPrefix("new") })
                if !found.isEmpty { break }
            }
            let future = ResultReader.Request(
                topic: topic,
                start: .time(milliseconds: last + 3_600_000),
                follows: false
            )
            #expect(try await all(reader(cluster, future)) == [])
        }

        @Test(arguments: ClusterKind.available)
        func aClusterIsDescribed(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, missing) = (unique("jobs"), unique("missing"))
            try await cluster.createTopic(topic, partitions: 3)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            let description = try await probe.describe(topics: [topic, missing])
            #expect(description.brokers.count == 1)
            #expect(description.topics.map(\.name) == [topic, missing])
            #expect(description.topics.first?.partitions.map(\.id) == [0, 1, 2])
            #expect(description.topics.first?.partitions.allSatisfy { $0.leader != nil } == true)
            #expect("\(description.topics.last?.error as Any)".contains("Create topic \(missing)"))
        }

        @Test(arguments: ClusterKind.available)
        func theGroupsLagIsToldWithoutJoiningIt(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(30, to: topic, cluster)
            let place = TopicPartition(topic: topic, partition: 0)
            let probe = ClusterProbe(cluster.settings(groupID: group), log: .silent)
            #expect(try await probe.lag(of: [place]) == [place: .init(committed: nil, ends: .told(low: 0, high: 30))])
            let source = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            _ = try await source.take(30, of: topic)
            await source.close()
            #expect(try await probe.lag(of: [place]) == [place: .init(committed: 30, ends: .told(low: 0, high: 30))])
        }

        @Test func onePartitionIsAskedAloneWhileAnotherHasNoLeader() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("jobs", partitions: 2)
            try embedded.setLeader(of: "jobs", partition: 0, broker: -1)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            let place = TopicPartition(topic: "jobs", partition: 1)
            let found = try await probe.lag(of: [place])
            #expect(found.keys.map(\.partition) == [1])
            embedded.close()
        }

        @Test func aPartitionWithoutALeaderIsToldAsThatBesideTheOthers() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("jobs", partitions: 3)
            try embedded.setLeader(of: "jobs", partition: 1, broker: -1)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            let places = (0..<3).map { TopicPartition(topic: "jobs", partition: $0) }
            let lags = try await probe.lag(of: places)
            #expect(
                places.map { lags[$0]?.ends } == [.told(low: 0, high: 0), .noLeader, .told(low: 0, high: 0)]
            )
            embedded.close()
        }

        @Test func aPartitionThatFailsIsToldAsThatBesideTheOthers() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("jobs", partitions: 2)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            let places = (0..<2).map { TopicPartition(topic: "jobs", partition: $0) }
            // ListOffsets: both ends of the first partition are asked for.
            embedded.failRequests(2, errors: [29, 29])
            let lags = try await probe.lag(of: places)
            guard case .failed(let error) = lags[places[0]]?.ends else {
                Issue.record("the first partition is told as \(String(describing: lags[places[0]]))")
                return
            }
            #expect("\(error)".hasPrefix("jobs[0]: "), "\(error)")
            #expect(lags[places[1]]?.ends == .told(low: 0, high: 0))
            embedded.close()
        }

        @Test func aPartitionThatDoesNotTellItsEndsIsNamed() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            try await cluster.createTopic("jobs", partitions: 1)
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            // ListOffsets: both ends are asked for, and the topic may not be read.
            embedded.failRequests(2, errors: [29, 29])
            do {
                _ = try await probe.lag(of: [TopicPartition(topic: "jobs", partition: 0)])
                Issue.record("the partition told its ends")
            } catch {
                #expect("\(error)".hasPrefix("jobs[0]: "), "\(error)")
            }
            embedded.close()
        }

        @Test(arguments: ClusterKind.available)
        func theTimeOfTheFirstRecordThatWaitsIsToldAndNothingIsCommitted(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, empty, group) = (unique("jobs"), unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            try await cluster.createTopic(empty, partitions: 2)
            try await produce(30, to: topic, cluster)
            let everything = reader(cluster, ResultReader.Request(topic: topic, start: .beginning, follows: false))
            var times: [Int64] = []
            while let records = try await everything.next() { times += records.compactMap(\.timestampMs) }
            await everything.close()
            try #require(times.count == 30)
            let place = TopicPartition(topic: topic, partition: 0)
            let (none, others) = (
                TopicPartition(topic: empty, partition: 0), TopicPartition(topic: empty, partition: 1)
            )
            let probe = ClusterProbe(cluster.settings(groupID: group), log: .silent)
            let first = try await probe.firstRecords(from: [place: 10, none: 0, others: 0])
            let tenth = Timestamp(microseconds: times[10] * 1_000)
            #expect(first == [place: .record(writtenAt: tenth), none: .nothing, others: .nothing])
            #expect(try await probe.firstRecords(from: [place: 30]) == [place: .nothing])
            #expect(try await probe.firstRecords(from: [:]) == [:])
            #expect(try await probe.lag(of: [place]) == [place: .init(committed: nil, ends: .told(low: 0, high: 30))])
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func whichPartitionsTheGroupsMembersHaveIsToldWithoutJoiningIt() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let (topic, added, group) = (unique("jobs"), unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 2)
            try await cluster.createTopic(added, partitions: 1)
            let probe = ClusterProbe(cluster.settings(groupID: group), log: .silent)
            #expect(await eventually { (try? await probe.assignedPartitions())?.isEmpty == true })
            let source = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let partitions = Set([0, 1].map { TopicPartition(topic: topic, partition: $0) })
            #expect(await eventually { (try? await probe.assignedPartitions()) == partitions })
            await source.close()
            #expect(await eventually { (try? await probe.assignedPartitions())?.isEmpty == true })
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func topicsAreMadeWithTheirSettingsAndThoseAreRead() async throws {
            let cluster = try await ClusterKind.real.cluster()
            let topic = unique("results")
            let probe = ClusterProbe(cluster.settings(), log: .silent)
            let order = ClusterProbe.NewTopic(name: topic, partitions: 2, settings: ["retention.ms": "86400000"])
            try await probe.create([order])
            try await probe.create([order])
            #expect(await eventually { (try? await probe.settings(ofTopic: topic))?["retention.ms"] == "86400000" })
            let settings = try await probe.settings(ofTopic: topic)
            #expect(settings["cleanup.policy"] == "delete")
            #expect(settings["min.insync.replicas"] != nil)
            #expect(settings["max.message.bytes"] != nil)
            let bad = ClusterProbe.NewTopic(name: unique("jobs"), partitions: 1, settings: ["retention.ms": "soon"])
            await #expect(throws: TransportError.self) { try await probe.create([bad]) }
        }

        @Test func nobodyAnsweringIsToldWithWhatToCheck() async throws {
            let probe = ClusterProbe(KafkaSettings(bootstrapServers: "127.0.0.1:1"), timeout: .seconds(1), log: .silent)
            do {
                _ = try await probe.describe(topics: [])
                Issue.record("something answered on port 1")
            } catch {
                #expect("\(error)".contains("kafka.bootstrap_servers"))
            }
        }
    }
}
