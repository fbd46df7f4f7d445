import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite struct ResultSinkTests {
        private func record(_ number: Int64, traceparent: String? = nil) -> OutboxRecord {
            let id = ResultID(bytes: (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 8))) })
            // Every byte value, NUL included, must arrive as it was sent.
            let value = [UInt8](0...255) + Array("\(number)".utf8)
            let result = EncodedResult(
                resultID: id,
                orderID: "order-\(number)",
                generation: 2,
                outcome: .opened,
                value: value
            )
            return OutboxRecord(token: number, result: result, traceparent: traceparent)
        }

        /// Takes acknowledgements until there are `count`.
        private func acks(_ sink: KafkaResultSink, _ count: Int, within seconds: Int = 60) async throws -> [PublishAck]
        {
            let acks = try await atMost(seconds) {
                var acks: [PublishAck] = []
                while acks.count < count, let more = await sink.acks() { acks += more }
                return acks
            }
            return try #require(acks, "\(count) acknowledgements did not come within \(seconds) s")
        }

        private func readAll(_ topic: String, _ cluster: KafkaCluster) async throws -> [ReadRecord] {
            let reader = ResultReader(
                cluster.settings(),
                ResultReader.Request(topic: topic, start: .beginning, follows: false),
                log: .silent
            )
            var records: [ReadRecord] = []
            while let more = try await reader.next() { records += more }
            await reader.close()
            return records
        }

        @Test(arguments: ClusterKind.available)
        func everyRecordIsAcknowledgedOnceAndArrivesAsItWasSent(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 4)
            let sink = try KafkaResultSink(cluster.settings(), topic: topic, schema: "session-result/1", log: .silent)
            let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let sent = (1...3_000).map { record(Int64($0), traceparent: $0 % 2 == 0 ? trace : nil) }
            for start in stride(from: 0, to: sent.count, by: 100) {
                sink.publish(Array(sent[start..<start + 100]), areUrgent: start % 200 == 0)
            }
            let acks = try await acks(sink, sent.count)
            #expect(acks.allSatisfy { $0.failure == nil })
            #expect(acks.map(\.token).sorted() == sent.map(\.token))
            await sink.close(timeout: .seconds(5))
            #expect(await sink.acks() == nil)

            let read = try await readAll(topic, cluster)
            let byKey = Dictionary(grouping: read) { String(decoding: $0.key ?? [], as: UTF8.self) }
            #expect(read.count == sent.count)
            for expected in sent {
                let found = try #require(byKey[expected.result.orderID]?.first)
                #expect(found.value == expected.result.value)
                var names = ["result_id", "generation", "outcome", "schema"]
                if expected.traceparent != nil { names.append("traceparent") }
                #expect(found.headers.map(\.name) == names)
                #expect(found.header("result_id") == expected.result.resultID.text)
                #expect(found.header("generation") == "2")
                #expect(found.header("outcome") == "opened")
                #expect(found.header("schema") == "session-result/1")
                #expect(found.header("traceparent") == expected.traceparent)
            }
        }

        @Test(arguments: ClusterKind.available)
        func aProducerThatFailedForGoodIsReplaced(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 1)
            let lines = LogLines()
            let sink = try KafkaResultSink(cluster.settings(), topic: topic, schema: "1", log: lines.log)
            sink.publish([record(1)])
            #expect(try await acks(sink, 1) == [PublishAck(token: 1, failure: nil)])
            sink.failForTest()
            #expect(await eventually { !lines.containing("is replaced").isEmpty })
            var waiting = Set(Int64(2)...500)
            sink.publish(waiting.sorted().map { record($0) })
            var rounds = 0
            while !waiting.isEmpty, rounds < 10 {
                rounds += 1
                let acks = try await acks(sink, waiting.count)
                #expect(Set(acks.map(\.token)) == waiting)
                for ack in acks where ack.failure == nil { waiting.remove(ack.token) }
                for ack in acks where ack.failure != nil { #expect(ack.failure == "producer replaced") }
                if !waiting.isEmpty { sink.publish(waiting.sorted().map { record($0) }) }
            }
            #expect(waiting.isEmpty)
            await sink.close(timeout: .seconds(5))
            let keys = Set(try await readAll(topic, cluster).map { $0.key ?? [] })
            #expect(keys.count == 500)
        }

        @Test(arguments: ClusterKind.available)
        func aFatalErrorWithRecordsInFlightGivesEachBackOnce(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 1)
            let sink = try KafkaResultSink(cluster.settings(), topic: topic, schema: "1", log: .silent)
            sink.publish((1...5_000).map { record($0) })
            sink.failForTest()
            sink.publish((5_001...6_000).map { record($0) })
            let acks = try await acks(sink, 6_000)
            #expect(acks.map(\.token).sorted() == Array(1...6_000))
            await sink.close(timeout: .seconds(5))
            let arrived = Set(try await readAll(topic, cluster).compactMap { $0.key })
            for ack in acks where ack.failure == nil {
                #expect(arrived.contains(Array("order-\(ack.token)".utf8)))
            }
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME")) func aMissingTopicIsAFailureAndNotACrash()
            async throws
        {
            let cluster = try await ClusterKind.real.cluster()
            var settings = cluster.settings()
            settings.properties = ["topic.metadata.propagation.max.ms": "0"]
            let sink = try KafkaResultSink(settings, topic: unique("missing"), schema: "1", log: .silent)
            // The second time the library knows already, which is where it used to free the headers twice.
            for number in Int64(1)...3 {
                sink.publish([record(number)])
                let acks = try await acks(sink, 1)
                #expect(acks.first?.failure?.contains("Create topic") == true)
            }
            await sink.close(timeout: .seconds(1))
        }

        @Test func closingWithoutABrokerEndsInTimeAndGivesEverythingBack() async throws {
            let sink = try KafkaResultSink(
                KafkaSettings(bootstrapServers: "127.0.0.1:1"),
                topic: "results",
                schema: "1",
                log: .silent
            )
            sink.publish((1...10).map { record($0) })
            let start = ContinuousClock.now
            await sink.close(timeout: .milliseconds(300))
            #expect(ContinuousClock.now - start < .seconds(8))
            let acks = try await acks(sink, 10)
            #expect(acks.map(\.token).sorted() == Array(1...10))
            #expect(acks.allSatisfy { $0.failure != nil })
            sink.publish([record(11)])
            #expect(await sink.acks() == nil)
        }

        @Test func moreRecordsThanTheLibraryHoldsWaitAndAllArrive() async throws {
            let cluster = try await ClusterKind.embedded.cluster()
            let topic = unique("results")
            try await cluster.createTopic(topic, partitions: 8)
            var settings = cluster.settings()
            settings.properties = ["queue.buffering.max.messages": "100"]
            let sink = try KafkaResultSink(settings, topic: topic, schema: "1", log: .silent)
            sink.publish((1...2_000).map { record($0) })
            let acks = try await acks(sink, 2_000)
            #expect(acks.allSatisfy { $0.failure == nil })
            await sink.close(timeout: .seconds(5))
            #expect(try await readAll(topic, cluster).count == 2_000)
        }

        @Test(arguments: ClusterKind.available)
        func enqueueingIsBoundedAndCounted(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 8)
            let producer = try RecordProducer(cluster.settings(), inFlightMax: 200, log: .silent)
            for number in 0..<5_000 {
                let record = NewRecord(
                    topic: topic,
                    key: Array("k\(number)".utf8),
                    value: Array("v".utf8),
                    headers: [RecordHeader("traceparent", "00-a-b-01")]
                )
                await producer.send([record])
            }
            #expect(producer.summary.acknowledged >= 4_800)
            let summary = await producer.finish(timeout: .seconds(30))
            #expect(summary.acknowledged == 5_000)
            #expect(summary.failed == 0)
            await producer.send([NewRecord(topic: topic, key: [], value: [])])
            #expect(producer.summary.failures == ["the producer is closed": 1])
        }
    }
}
