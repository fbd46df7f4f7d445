import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    /// Batches of several partitions taken together.
    @Suite struct BatchesTests {
        @Test(arguments: ClusterKind.available)
        func aBacklogOfManyPartitionsComesInFewLargeGroups(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 64)
            try await produce(20_000, to: topic, cluster, padding: 100)
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let (taken, groups) = try #require(
                try await atMost(60) {
                    var taken = Taken()
                    var groups = 0
                    while taken.count < 20_000, let batches = try await source.nextBatches(of: topic) {
                        groups += 1
                        #expect(batches.reduce(0) { $0 + $1.records.count } <= 500)
                        #expect(Set(batches.map(\.partition)).count == batches.count)
                        for batch in batches { taken.add(batch) }
                        // In no order.
                        for batch in batches.shuffled() { source.commit(batch) }
                    }
                    return (taken, groups)
                },
                "20,000 records did not come within a minute"
            )
            #expect(taken.count == 20_000 && taken.all.count == 20_000)
            #expect(groups <= 400, "\(groups) groups")
            await source.close()
            #expect(try await source.nextBatches(of: topic) == nil)
        }

        @Test(arguments: ClusterKind.available)
        func severalTakersKeepTheOrderOfEachPartition(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let (topic, group) = (unique("jobs"), unique("group"))
            try await cluster.createTopic(topic, partitions: 3)
            try await produce(6_000, to: topic, cluster)
            let source = try KafkaJobSource(
                cluster.settings(groupID: group),
                topics: [topic],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let stored = Stored()
            let takers = Task {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for _ in 0..<3 {
                        tasks.addTask {
                            while let batches = try await source.nextBatches(of: topic) {
                                // Takers overtake each other here, as transactions do.
                                try await Task.sleep(for: .microseconds(Int.random(in: 0..<2_000)))
                                for batch in batches {
                                    stored.store(batch)
                                    source.commit(batch)
                                }
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
            }
            #expect(await eventually { stored.state.withLock { $0.records } == 6_000 })
            await source.close()
            try await takers.value
            let state = stored.state.withLock { $0 }
            #expect(state.gaps.isEmpty, "stored out of order: \(state.gaps)")
            #expect(state.records == 6_000)
            #expect(try await committed(topic, cluster, group: group) == state.positions)
        }

        @Test(arguments: ClusterKind.available)
        func oneRewoundBatchOfAGroupComesAgainAndTheOthersDoNot(_ kind: ClusterKind) async throws {
            let cluster = try await kind.cluster()
            let topic = unique("jobs")
            try await cluster.createTopic(topic, partitions: 2)
            try await produce(600, to: topic, cluster)
            let store = PretendStore()
            let source = try KafkaJobSource(
                cluster.settings(groupID: unique("group")),
                topics: [topic],
                log: .silent,
                positions: store.lookUp
            )
            var rewound: RecordBatch?
            var taken = Taken()
            var counts = 0
            while taken.count < 600,
                let batches = try await atMost(30, { try await source.nextBatches(of: topic) }) ?? nil
            {
                for batch in batches {
                    if rewound == nil {
                        rewound = batch
                        source.rewind(batch)
                    } else {
                        taken.add(batch)
                        store.store(batch)
                        source.commit(batch)
                        counts += batch.records.count
                    }
                }
            }
            await source.close()
            #expect(taken.all.count == 600)
            #expect(counts == 600, "a record came twice")
        }
    }
}

/// What a store would have, with what it would have refused.
private final class Stored: Sendable {
    struct State {
        var positions: [TopicPartition: Int64] = [:]
        var records = 0
        var gaps: [String] = []
    }

    let state = Mutex(State())

    func store(_ batch: RecordBatch) {
        let place = TopicPartition(topic: batch.topic, partition: batch.partition)
        state.withLock { state in
            if let position = state.positions[place], position != batch.start {
                state.gaps.append("\(place.partition): \(batch.start) after \(position)")
            }
            state.positions[place] = batch.next
            state.records += batch.records.count
        }
    }
}
