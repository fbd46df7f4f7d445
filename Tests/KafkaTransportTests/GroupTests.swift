import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    @Suite struct GroupTests {
        @Test(arguments: ClusterKind.available)
        func twoMembersShareTheWorkAndALateCommitOfARevokedPartitionIsIgnored(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 4)
            try await produce(400, to: topic, cluster)
            let store = PretendStore()
            let settings = cluster.settings(groupID: group)
            let first = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            // Taken, but neither stored nor committed when the partitions change hands.
            let held = try await first.takeOne(ofEach: 4, of: topic)
            #expect(held.values.count == 4)

            let second = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            #expect(await eventually { first.health.assigned.count == 2 && second.health.assigned.count == 2 })
            #expect(Set(first.health.assigned).isDisjoint(with: second.health.assigned))
            for batch in held.batches { first.commit(batch) }

            // Everything is read again, by whoever has it now, because nothing was accounted for.
            let collected = Collected()
            let taking = [first, second].map { source in
                Task {
                    while let batches = try await source.nextBatches(of: topic) {
                        for batch in batches { collected.add(batch) }
                    }
                }
            }
            #expect(await eventually { collected.count() == 400 })
            #expect(try await committed(topic, cluster, group: group) == [:])
            await first.close()
            await second.close()
            for task in taking { try await task.value }
        }

        @Test(arguments: ClusterKind.available)
        func whoLeavesGivesItsPartitionsToOthersAndGetsSomeWhenItJoinsAgain(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 4)
            try await produce(40, to: topic, cluster)
            let store = PretendStore()
            let settings = cluster.settings(groupID: group)
            let first = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            // Taken, and not stored when the partitions change hands.
            let held = try await first.takeOne(ofEach: 4, of: topic)
            let second = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            #expect(await eventually { first.health.assigned.count == 2 && second.health.assigned.count == 2 })
            first.leave()
            #expect(await eventually { first.health.assigned.isEmpty && second.health.assigned.count == 4 })
            for batch in held.batches { first.commit(batch) }
            #expect(try await second.take(40, of: topic).all.count == 40)
            #expect(first.accounted.isEmpty)

            first.join()
            #expect(await eventually { first.health.assigned.count == 2 && second.health.assigned.count == 2 })
            let collected = Collected()
            let taking = [first, second].map { source in
                Task {
                    while let batches = try await source.nextBatches(of: topic) {
                        for batch in batches {
                            collected.add(batch)
                            source.commit(batch)
                        }
                    }
                }
            }
            try await produce(40, to: topic, cluster, stem: "later")
            #expect(await eventually { collected.count("later") == 40 })
            first.leave()
            await first.close()
            await second.close()
            for task in taking { try await task.value }
        }

        @Test(arguments: ClusterKind.available)
        func whoClosesLeavesTheGroupAtOnce(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 2)
            try await produce(10, to: topic, cluster)
            var settings = cluster.settings(groupID: group)
            settings.sessionTimeoutMs = kind == .real ? 45_000 : 6_000
            let store = PretendStore()
            let first = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            #expect(try await first.take(10, of: topic).count == 10)
            let closing = ContinuousClock.now
            await first.close()
            #expect(ContinuousClock.now - closing < .seconds(5))
            #expect(try await first.nextBatches(of: topic) == nil)

            // Had it not left, the next member would wait for the session timeout.
            let second = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            #expect(await eventually(within: 10) { second.health.assigned.count == 2 })
            #expect(ContinuousClock.now - closing < .seconds(10))
            try await produce(3, to: topic, cluster, stem: "later")
            #expect(try await second.take(3, of: topic).all == ["later0", "later1", "later2"])
            await second.close()
        }

        @Test(arguments: ClusterKind.available)
        func aSourceThatIsLetGoLeavesToo(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 1)
            let settings = cluster.settings(groupID: group)
            let store = PretendStore()
            var first: KafkaJobSource? = try KafkaJobSource(
                settings,
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            #expect(await eventually { first?.health.assigned.count == 1 })
            first = nil
            let second = try KafkaJobSource(settings, topics: [topic], log: .silent, positions: store.lookUp)
            #expect(await eventually(within: 15) { second.health.assigned.count == 1 })
            await second.close()
        }

        /// A source without a broker, which is to join again with a key that its password does not open.
        @Test func aConsumerThatCannotBeMadeIsSaidOnceAndMadeWhenItCan() async throws {
            let password = Mutex("right")
            let questions = Mutex(0)
            let lines = LogLines()
            var settings = KafkaSettings(bootstrapServers: "127.0.0.1:1")
            settings.security = .tls(
                authority: nil,
                certificate: nil,
                key: nil,
                keyPassword: {
                    questions.withLock { $0 += 1 }
                    return Array(password.withLock { $0 }.utf8)
                }
            )
            let source = try KafkaJobSource(
                settings,
                topics: ["jobs"],
                log: lines.log,
                positions: PretendStore().lookUp
            )
            source.leave()
            #expect(await eventually { source.health.waitingFor == "store" })
            password.withLock { $0 = "" }
            let asked = questions.withLock { $0 }
            source.join()
            #expect(await eventually { questions.withLock { $0 } > asked + 2 })
            #expect(source.health.waitingFor == "consumer")
            #expect(lines.containing("no consumer could be made").count == 1)
            password.withLock { $0 = "right" }
            #expect(await eventually { source.health.waitingFor != "consumer" })
            await source.close()
        }

        @Test func aFailedMakingIsSaidAgainWhenItIsAnotherAndOnceAnInterval() {
            let now = ContinuousClock.now
            let key = TransportError.setting(name: "kafka.security.key_file", reason: "wrong")
            let password = TransportError.setting(name: "kafka.security.key_password_file", reason: "empty")
            var failures = FailedMakings(repeatAfter: .seconds(60))
            let told = [(key, 0), (key, 1), (key, 59), (password, 59), (password, 118), (password, 119)]
                .map { error, second in failures.isToBeTold(error, now: now + .seconds(second)) }
            #expect(told == [true, false, false, true, false, true])
        }

        @Test func aConsumerThatCouldNotLeaveInTimeEndsOnceItHasLeft() throws {
            let leaving = LeavingConsumers(log: .silent)
            let poller = try SourcePoller(
                KafkaSettings(bootstrapServers: "127.0.0.1:1"),
                topics: ["jobs"],
                positions: PretendStore().lookUp,
                exchange: IntakeExchange(limits: IntakeQueues.Limits()),
                stopsRepeatAfter: .seconds(60),
                hasJoined: true,
                leaving: leaving,
                log: .silent
            )
            poller.endQueues()
            let consumer = try #require(LeavingConsumer(poller.client))
            leaving.add(consumer)
            let deadline = ContinuousClock.now + .seconds(20)
            while !consumer.hasLeft, ContinuousClock.now < deadline { _ = consumer.serve(waitMs: 20) }
            leaving.turn()
            #expect(leaving.isEmpty)
        }

        @Test func badSettingsAreToldToWhoStartsTheSource() async throws {
            var settings = KafkaSettings(bootstrapServers: "127.0.0.1:1")
            settings.properties = ["no.such.property": "1"]
            #expect(throws: TransportError.self) {
                try KafkaJobSource(settings, topics: ["jobs"], log: .silent, positions: PretendStore().lookUp)
            }
            #expect(throws: TransportError.self) {
                let good = KafkaSettings(bootstrapServers: "127.0.0.1:1")
                return try KafkaJobSource(good, topics: ["^jobs.*"], log: .silent, positions: PretendStore().lookUp)
            }
        }
    }
}
