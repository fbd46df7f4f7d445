import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite struct TopicRightsTests {
        /// TOPIC_AUTHORIZATION_FAILED
        private static let refused: Int32 = 29

        @Test func aTopicThatMayNotBeReadAnyMoreKeepsNoOtherWaitingAndIsReadWhenItMayBe() async throws {
            let embedded = try EmbeddedKafka()
            let (cluster, lines) = (KafkaCluster(embedded), LogLines())
            for topic in ["agents", "bulk"] { try await cluster.createTopic(topic, partitions: 1) }
            var settings = cluster.settings()
            settings.properties["topic.metadata.refresh.interval.ms"] = "200"
            let source = try KafkaJobSource(
                settings,
                topics: ["agents", "bulk"],
                limits: IntakeQueues.Limits(),
                stopsRepeatAfter: .milliseconds(500),
                log: lines.log,
                positions: PretendStore().lookUp
            )
            #expect(await eventually { source.health.assigned.count == 2 })
            embedded.setError(ofTopic: "bulk", Self.refused)
            #expect(await eventually { lines.containing("a topic cannot be read").count > 1 }, "it is said once")
            #expect("\(source.health.unavailableTopics)".contains("Allow this user to Read"))
            try await produce(5, to: "agents", cluster)
            #expect(try await source.take(5, of: "agents", within: 20).count == 5)
            embedded.setError(ofTopic: "bulk", 0)
            try await produce(5, to: "bulk", cluster)
            #expect(try await source.take(5, of: "bulk", within: 20).count == 5)
            #expect(source.health.unavailableTopics.isEmpty)
            // Who may read none has nothing left to do.
            for topic in ["agents", "bulk"] { embedded.setError(ofTopic: topic, Self.refused) }
            await #expect(throws: TransportError.self) { _ = try await source.nextBatches(of: "agents") }
            await source.close()
            embedded.close()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func aRealBrokersTopicThatMayNotBeReadAnyMoreIsReadWhenItMayBe() async throws {
            var options = RealKafka.Options()
            options.properties["authorizer.class.name"] =
                "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            options.properties["allow.everyone.if.no.acl.found"] = "true"
            let broker = try await RealKafka.start(options)
            let (cluster, lines) = (KafkaCluster(broker), LogLines())
            for topic in ["agents", "bulk"] { try await cluster.createTopic(topic, partitions: 1) }
            var settings = cluster.settings()
            settings.properties["topic.metadata.refresh.interval.ms"] = "200"
            let source = try KafkaJobSource(
                settings,
                topics: ["agents", "bulk"],
                log: lines.log,
                positions: PretendStore().lookUp
            )
            #expect(await eventually { source.health.assigned.count == 2 })
            try RealKafka.deny(true, topic: "bulk", on: broker.bootstrapServers)
            #expect(await eventually { !lines.containing("a topic cannot be read").isEmpty })
            try await produce(5, to: "agents", cluster)
            #expect(try await source.take(5, of: "agents", within: 20).count == 5)
            try RealKafka.deny(false, topic: "bulk", on: broker.bootstrapServers)
            try await produce(5, to: "bulk", cluster)
            #expect(try await source.take(5, of: "bulk", within: 20).count == 5)
            await source.close()
            await broker.remove()
        }

        /// The library's word of a lost right, which names no topic, may come long after the right is back.
        @Test func aLostRightThatIsToldOfNoTopicEndsOnlyWhoNeverJoined() throws {
            let fault = KafkaFault(.init(rawValue: Self.refused))
            for hasJoined in [false, true] {
                let poller = try unpolled("127.0.0.1:1", hasJoined: hasJoined)
                poller.clientFailed(fault)
                #expect((poller.failure == nil) == hasJoined)
                poller.close()
            }
        }

        @Test func aTopicThatAnotherReadsAgainIsNotToldOfAnyMore() async throws {
            let embedded = try EmbeddedKafka()
            let (cluster, lines) = (KafkaCluster(embedded), LogLines())
            try await cluster.createTopic("agents", partitions: 2)
            try await cluster.createTopic("bulk", partitions: 1)
            var settings = cluster.settings()
            settings.properties["topic.metadata.refresh.interval.ms"] = "200"
            var sources: [KafkaJobSource] = []
            for _ in 0..<2 {
                sources.append(
                    try KafkaJobSource(
                        settings,
                        topics: ["agents", "bulk"],
                        limits: IntakeQueues.Limits(),
                        stopsRepeatAfter: .milliseconds(500),
                        log: lines.log,
                        positions: PretendStore().lookUp
                    )
                )
            }
            let both = sources
            func areShared() -> Bool {
                let counts = both.map(\.health.assigned.count)
                return counts.allSatisfy { $0 > 0 } && counts.reduce(0, +) == 3
            }
            #expect(await eventually { areShared() })
            embedded.setError(ofTopic: "bulk", Self.refused)
            #expect(await eventually { both.allSatisfy { $0.health.unavailableTopics["bulk"] != nil } })
            embedded.setError(ofTopic: "bulk", 0)
            #expect(await eventually { areShared() && both.allSatisfy { $0.health.unavailableTopics.isEmpty } })
            #expect(await eventually { lines.containing("a topic can be read again").count > 1 })
            for source in both { await source.close() }
            embedded.close()
        }

        @Test func aTopicThatOthersReadIsAskedAboutBeforeItCountsAsLost() throws {
            let embedded = try EmbeddedKafka()
            for topic in ["agents", "bulk"] { try embedded.createTopic(topic, partitions: 1) }
            let poller = try unpolled(embedded.bootstrapServers)
            #expect(poller.client.isAnswered(waitMs: 10_000))
            let fault = KafkaFault(.init(rawValue: Self.refused))
            for topic in ["agents", "bulk"] { poller.readRefused(topic, because: fault) }
            #expect(poller.failure == nil)
            #expect(poller.exchange.health.unavailableTopics.isEmpty)
            // As long as it is so, it is told of.
            embedded.setError(ofTopic: "bulk", Self.refused)
            poller.readRefused("bulk", because: fault)
            poller.repeatUnavailable()
            #expect(Array(poller.exchange.health.unavailableTopics.keys) == ["bulk"])
            embedded.setError(ofTopic: "agents", Self.refused)
            poller.readRefused("agents", because: fault)
            #expect(poller.failure != nil)
            poller.close()
            embedded.close()
        }

        /// Nothing polls it but the test.
        private func unpolled(_ servers: String, hasJoined: Bool = true) throws -> SourcePoller {
            try SourcePoller(
                KafkaSettings(bootstrapServers: servers),
                topics: ["agents", "bulk"],
                positions: PretendStore().lookUp,
                exchange: IntakeExchange(limits: IntakeQueues.Limits()),
                stopsRepeatAfter: .zero,
                hasJoined: hasJoined,
                leaving: LeavingConsumers(log: .silent),
                log: .silent
            )
        }
    }
}
