import KafkaTransport
import Logs
import SessionCore
import Testing
import UsherTestKit

extension BrokerScenarios {
    @Suite struct OutageTests {
        /// A cluster that this scenario may break.
        private enum Breakable {
            case embedded(EmbeddedKafka)
            case real(RealKafka)

            static func make(_ kind: ClusterKind) async throws -> Breakable {
                switch kind {
                case .embedded: .embedded(try EmbeddedKafka())
                case .real: .real(try await RealKafka.start())
                }
            }

            var cluster: KafkaCluster {
                switch self {
                case .embedded(let embedded): KafkaCluster(embedded)
                case .real(let real): KafkaCluster(real)
                }
            }

            func takeDown() async throws {
                switch self {
                case .embedded(let embedded): try embedded.takeDown(broker: 1)
                case .real(let real): try await real.kill()
                }
            }

            func bringUp() async throws {
                switch self {
                case .embedded(let embedded): try embedded.bringUp(broker: 1)
                case .real(let real): try await real.restart()
                }
            }

            func remove() async {
                switch self {
                case .embedded(let embedded): embedded.close()
                case .real(let real): await real.remove()
                }
            }
        }

        private func outboxRecord(_ number: Int64) -> OutboxRecord {
            let result = EncodedResult(
                resultID: ResultID(bytes: [UInt8](repeating: 7, count: 16)),
                orderID: "o\(number)",
                generation: 1,
                outcome: .opened,
                value: Array("v\(number)".utf8)
            )
            return OutboxRecord(token: number, result: result, traceparent: nil)
        }

        @Test(arguments: ClusterKind.available)
        func aBrokerAwayForSecondsLosesNothingAndEndsNothing(_ kind: ClusterKind) async throws {
            let breakable = try await Breakable.make(kind)
            let cluster = breakable.cluster
            let (jobs, results) = (unique("jobs"), unique("results"))
            try await cluster.createTopic(jobs, partitions: 2)
            try await cluster.createTopic(results, partitions: 2)
            let lines = LogLines()
            let store = PretendStore()
            let source = try KafkaJobSource(
                cluster.settings(),
                topics: [jobs],
                log: lines.log,
                positions: store.lookUp
            )
            let sink = try KafkaResultSink(cluster.settings(), topic: results, schema: "1", log: lines.log)
            try await produce(1_000, to: jobs, cluster, stem: "before")
            #expect(try await source.take(1_000, of: jobs).all.count == 1_000)
            sink.publish((1...100).map { outboxRecord($0) })

            try await breakable.takeDown()
            #expect(await eventually { source.health.waitingFor == "kafka" })
            sink.publish((101...200).map { outboxRecord($0) })
            // Away for seconds, and the polling thread turns all the time.
            let away = ContinuousClock.now
            while ContinuousClock.now - away < .seconds(5) {
                try await Task.sleep(for: .milliseconds(500))
                #expect(ContinuousClock.now - source.health.lastPoll < .seconds(2))
            }
            try await breakable.bringUp()
            #expect(await eventually { source.health.waitingFor == nil })

            try await produce(1_000, to: jobs, cluster, stem: "after")
            // What was committed just before may come again; what came after must.
            let collected = Collected()
            let taking = Task {
                while let batches = try await source.nextBatches(of: jobs) {
                    for batch in batches {
                        collected.add(batch)
                        source.commit(batch)
                    }
                }
            }
            #expect(await eventually(within: 60) { collected.count("after") == 1_000 })
            var acknowledged: [Int64] = []
            while acknowledged.count < 200, let acks = await sink.acks() {
                #expect(acks.allSatisfy { $0.failure == nil })
                acknowledged += acks.map(\.token)
            }
            #expect(acknowledged.sorted() == Array(1...200))
            #expect(lines.containing("no broker answers; reading").count == 1)
            #expect(lines.containing("Kafka answers again").count == 1)
            await source.close()
            try await taking.value
            await sink.close(timeout: .seconds(5))
            await breakable.remove()
        }

        @Test(arguments: ClusterKind.available)
        func readingEndsWithAnErrorWhenNoBrokerAnswersAnyMore(_ kind: ClusterKind) async throws {
            let breakable = try await Breakable.make(kind)
            let cluster = breakable.cluster
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(4_000, to: topic, cluster, padding: 1_000)
            // Little is fetched ahead, so that most of it is still the broker's.
            var settings = cluster.settings()
            settings.queuedMaxBytes = 1_024
            let reader = ResultReader(
                settings,
                ResultReader.Request(topic: topic, start: .beginning, follows: false, patience: .seconds(2)),
                log: .silent
            )
            #expect(try await reader.next()?.isEmpty == false)
            try await breakable.takeDown()
            let ending = try await atMost(30) {
                do {
                    while try await reader.next() != nil {}
                    return "everything was read"
                } catch {
                    return "\(error)"
                }
            }
            #expect(ending?.contains("no broker has answered for 2 s. Check kafka.bootstrap_servers") == true)
            #expect(ending?.hasSuffix("(_ALL_BROKERS_DOWN)") == true, "\(ending ?? "it waits for ever")")
            await reader.close()
            await breakable.remove()
        }

        @Test(arguments: ClusterKind.available)
        func whoFollowsIsToldOnceThatNoBrokerAnswersAndOnceThatOneDoes(_ kind: ClusterKind) async throws {
            let breakable = try await Breakable.make(kind)
            let cluster = breakable.cluster
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 2)
            try await produce(5, to: topic, cluster, stem: "before")
            let news = ToldNews()
            let reader = ResultReader(
                cluster.settings(),
                ResultReader.Request(topic: topic, start: .beginning, follows: true, patience: .seconds(2)),
                log: .silent,
                onNews: { news.add($0) }
            )
            let collected = Collected()
            let following = Task {
                while let records = try await reader.next() {
                    collected.add(records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
                }
            }
            #expect(await eventually { collected.count("before") == 5 })
            #expect(news.all == [])
            try await breakable.takeDown()
            #expect(await eventually { news.all == [.away] })
            try await breakable.bringUp()
            #expect(await eventually { news.all == [.away, .back] })
            try await produce(5, to: topic, cluster, stem: "after")
            #expect(await eventually { collected.count("after") == 5 })
            #expect(news.all == [.away, .back])
            reader.stop()
            #expect(try await atMost(10) { try await following.value } != nil)
            await reader.close()
            await breakable.remove()
        }

        @Test func closingWhileEveryBrokerIsAwayEndsInTime() async throws {
            let embedded = try EmbeddedKafka()
            let cluster = KafkaCluster(embedded)
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 1)
            try await produce(10, to: topic, cluster)
            let source = try KafkaJobSource(
                cluster.settings(),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let taken = try await source.takeOne(ofEach: 1, of: topic)
            try embedded.takeDown(broker: 1)
            for batch in taken.batches { source.commit(batch) }
            let start = ContinuousClock.now
            await source.close()
            let elapsed = ContinuousClock.now - start
            #expect(elapsed < .seconds(12), "closing took \(elapsed)")
            embedded.close()
        }
    }
}
