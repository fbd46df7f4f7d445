import SessionCore
import Testing

@testable import KafkaTransport

@Suite struct IntakeQueuesTests {
    private static let limits = IntakeQueues.Limits(
        batchRecordsMax: 3,
        batchBytesMax: 100,
        topicRecordsMax: 10,
        topicBytesMax: 1_000
    )
    private let bulk = TopicPartition(topic: "bulk", partition: 0)
    private let bulk1 = TopicPartition(topic: "bulk", partition: 1)
    private let agents = TopicPartition(topic: "agents", partition: 0)

    private func record(_ place: TopicPartition, _ offset: Int64, bytes: Int = 1) -> SourceRecord {
        SourceRecord(
            position: RecordPosition(topic: place.topic, partition: place.partition, offset: offset),
            key: nil,
            value: [UInt8](repeating: 0, count: bytes)
        )
    }

    private func queues(_ starts: [TopicPartition: Int64?]) -> IntakeQueues {
        var queues = IntakeQueues(limits: Self.limits)
        queues.assign(starts)
        return queues
    }

    /// Takes the next batch of a topic, and says that it is accounted for.
    private func next(_ queues: inout IntakeQueues, of topic: String = "bulk") -> RecordBatch? {
        let batches = queues.nextTogether(of: topic)
        for batch in batches { queues.settle(batch) }
        return batches.first
    }

    @Test func anAgentsRecordDoesNotWaitBehindACampaigns() {
        var queues = queues([bulk: 0, bulk1: 0, agents: 0])
        for offset in Int64(0)..<9 {
            queues.append(record(bulk, offset))
            queues.append(record(bulk1, offset))
        }
        _ = next(&queues)
        queues.append(record(agents, 0))
        let agent = next(&queues, of: "agents")
        #expect(agent?.topic == "agents")
        let bulks = [next(&queues), next(&queues)].compactMap { $0?.partition }
        #expect(Set(bulks) == [0, 1], "its partitions take turns")
    }

    @Test func whoAsksForLessGetsNoMoreAndTheRestComesNext() {
        var queues = queues([bulk: 0, bulk1: 0])
        for offset in Int64(0)..<3 {
            queues.append(record(bulk, offset))
            queues.append(record(bulk1, offset))
        }
        var taken: [Int32: [Int64]] = [:]
        for _ in 0..<3 {
            let batches = queues.nextTogether(of: "bulk", recordsMax: 2)
            #expect(batches.reduce(0) { $0 + $1.records.count } == 2)
            for batch in batches {
                queues.settle(batch)
                taken[batch.partition, default: []] += batch.records.map(\.position.offset)
            }
        }
        #expect(taken == [0: [0, 1, 2], 1: [0, 1, 2]])
        #expect(queues.nextTogether(of: "bulk").isEmpty)
    }

    @Test func batchesJoinWithoutAGapEvenWhereOffsetsAreMissing() {
        var queues = queues([bulk: 5])
        for offset in [7, 8, 20, 21] as [Int64] { queues.append(record(bulk, offset)) }
        let first = next(&queues)
        #expect(first?.start == 5)
        #expect(first?.next == 21)
        #expect(first?.records.map(\.position.offset) == [7, 8, 20])
        let second = next(&queues)
        #expect(second?.start == 21)
        #expect(second?.next == 22)
        let got1 = next(&queues)
        #expect(got1 == nil)
    }

    @Test func theBeginningIsWhereTheFirstRecordLies() {
        var queues = queues([bulk: nil])
        queues.append(record(bulk, 40))
        let got2 = next(&queues)
        #expect(got2?.start == 40)
    }

    @Test func aBatchIsBoundedInBytesButNeverEmpty() {
        var queues = queues([bulk: 0])
        queues.append(record(bulk, 0, bytes: 500))
        queues.append(record(bulk, 1, bytes: 60))
        queues.append(record(bulk, 2, bytes: 60))
        let got3 = next(&queues)
        #expect(got3?.records.count == 1)
        let got4 = next(&queues)
        #expect(got4?.records.count == 1)
        let got5 = next(&queues)
        #expect(got5?.records.count == 1)
    }

    @Test func aFullTopicRestsUntilHalfIsGoneAndTheOtherDoesNot() {
        var queues = queues([bulk: 0, bulk1: 0, agents: 0])
        for offset in Int64(0)..<10 { queues.append(record(bulk, offset)) }
        #expect(queues.topicsWithRoom == ["agents"])
        _ = next(&queues)
        #expect(queues.topicsWithRoom == ["agents"])
        _ = next(&queues)
        #expect(queues.countByTopic == ["bulk": 4, "agents": 0])
        #expect(queues.topicsWithRoom == ["agents", "bulk"])
        #expect(queues.partitionsToPause == [], "what was fetched of a full topic is kept")
    }

    @Test func aTopicIsFullByBytesToo() {
        var queues = queues([bulk: 0])
        queues.append(record(bulk, 0, bytes: 1_000))
        #expect(queues.topicsWithRoom == [])
        _ = next(&queues)
        #expect(queues.topicsWithRoom == ["bulk"])
    }

    @Test func aPausedTopicIsNeitherReadNorDelivered() {
        var queues = queues([bulk: 0, agents: 0])
        queues.append(record(bulk, 0))
        queues.pause(topic: "bulk")
        #expect(queues.partitionsToPause == [bulk])
        let got6 = next(&queues)
        #expect(got6 == nil)
        queues.resume(topic: "bulk")
        let got7 = next(&queues)
        #expect(got7?.topic == "bulk")
    }

    @Test func recordsOfOtherPartitionsAndRepeatedOnesAreNotTaken() {
        var queues = queues([bulk: 5])
        let got8 = queues.append(record(agents, 5))
        #expect(!got8)
        let got9 = queues.append(record(bulk, 4))
        #expect(!got9)
        let got10 = queues.append(record(bulk, 5))
        #expect(got10)
        let got11 = queues.append(record(bulk, 5))
        #expect(!got11)
        _ = next(&queues)
        let got12 = queues.append(record(bulk, 5))
        #expect(!got12)
        let got13 = queues.append(record(bulk, 6))
        #expect(got13)
    }

    @Test func aBatchOfAnEarlierAssignmentIsNotCurrent() throws {
        var queues = queues([bulk: 0])
        queues.append(record(bulk, 0))
        let taken = next(&queues)
        let batch = try #require(taken)
        #expect(queues.isCurrent(batch))
        queues.assign([bulk: 0])
        #expect(!queues.isCurrent(batch))
        queues.assign([:])
        #expect(!queues.isCurrent(batch))
    }

    @Test func aSuspendedPartitionDropsEverythingUntilItIsRestarted() throws {
        var queues = queues([bulk: 0, agents: 0])
        for offset in Int64(0)..<6 { queues.append(record(bulk, offset)) }
        let taken = next(&queues)
        let batch = try #require(taken)
        queues.suspend(bulk)
        #expect(!queues.isCurrent(batch))
        let got14 = next(&queues)
        #expect(got14 == nil)
        let got15 = queues.append(record(bulk, 6))
        #expect(!got15)
        #expect(queues.countByTopic == ["bulk": 0, "agents": 0])
        queues.restart(bulk, at: 0)
        let got16 = queues.append(record(bulk, 0))
        #expect(got16)
        let got17 = next(&queues)
        #expect(got17?.start == 0)
    }

    @Test func whatTheStoreHasAccountedForIsKnownFromTheAssignmentOn() throws {
        var queues = IntakeQueues()
        queues.assign([bulk: 4, bulk1: 7], stored: [bulk: 5])
        #expect(queues.accounted == [bulk: 5], "a position that only Kafka knows is not the store's word")
        queues.append(record(bulk1, 7))
        let batch = try #require(queues.nextTogether(of: "bulk").first)
        #expect(queues.accounted == [bulk: 5])
        queues.settle(batch)
        #expect(queues.accounted == [bulk: 5, bulk1: 8])
        queues.suspend(bulk)
        #expect(queues.accounted == [bulk1: 8])
        queues.restart(bulk, at: 2, stored: 2)
        #expect(queues.accounted == [bulk: 2, bulk1: 8])
    }

    @Test func severalPartitionsOfOneTopicComeTogetherWithinTheBoundsOfABatch() {
        let third = TopicPartition(topic: "bulk", partition: 2)
        var queues = queues([bulk: 0, bulk1: 0, third: 0, agents: 0])
        for offset in Int64(0)..<2 {
            for place in [bulk, bulk1, third] { queues.append(record(place, offset)) }
        }
        let first = queues.nextTogether(of: "bulk")
        #expect(first.map(\.partition) == [0, 1])
        #expect(first.map(\.records.count) == [2, 1])
        #expect(first.map(\.next) == [2, 1])
        for batch in first { queues.settle(batch) }
        // Who was not served comes first.
        let second = queues.nextTogether(of: "bulk")
        #expect(second.map(\.partition) == [2, 1])
        #expect(second.map(\.start) == [0, 1])
        #expect(queues.countByTopic == ["bulk": 0, "agents": 0])
        let third1 = queues.nextTogether(of: "bulk")
        #expect(third1.isEmpty)
    }

    @Test func batchesTogetherAreBoundedInBytesButNeverEmpty() {
        var queues = queues([bulk: 0, bulk1: 0])
        queues.append(record(bulk, 0, bytes: 500))
        queues.append(record(bulk1, 0, bytes: 60))
        queues.append(record(bulk1, 1, bytes: 60))
        let sizes = (0..<3).map { _ in
            let batches = queues.nextTogether(of: "bulk")
            for batch in batches { queues.settle(batch) }
            return batches.map(\.records.count)
        }
        #expect(sizes == [[1], [1], [1]])
    }

    @Test func aPartitionGivesItsNextBatchOnlyWhenTheLastIsSettled() throws {
        var queues = queues([bulk: 0, bulk1: 0])
        for offset in Int64(0)..<5 { queues.append(record(bulk, offset)) }
        let taken = queues.nextTogether(of: "bulk")
        let batch = try #require(taken.first)
        #expect(batch.next == 3)
        // Another partition may.
        let got1 = queues.nextTogether(of: "bulk")
        #expect(got1.isEmpty)
        queues.append(record(bulk1, 0))
        let other = queues.nextTogether(of: "bulk")
        #expect(other.map(\.partition) == [1])
        queues.settle(batch)
        let rest = queues.nextTogether(of: "bulk")
        #expect(rest.map(\.start) == [3])
        // An old batch, or one of another assignment, settles nothing.
        queues.append(record(bulk, 5))
        queues.settle(batch)
        let got3 = queues.nextTogether(of: "bulk")
        #expect(got3.isEmpty)
    }

    @Test func aRewoundPartitionIsFreeAgain() throws {
        var queues = queues([bulk: 0])
        queues.append(record(bulk, 0))
        let taken = queues.nextTogether(of: "bulk")
        let batch = try #require(taken.first)
        queues.suspend(bulk)
        queues.restart(bulk, at: 0)
        queues.append(record(bulk, 0))
        let again = queues.nextTogether(of: "bulk")
        #expect(again.map(\.start) == [0])
        queues.settle(batch)
        queues.append(record(bulk, 1))
        let early = queues.nextTogether(of: "bulk")
        #expect(early.isEmpty, "a batch of before the rewind settled the one after it")
    }

    @Test func ofAPausedTopicNothingComesTogether() {
        var queues = queues([bulk: 0])
        queues.append(record(bulk, 0))
        queues.pause(topic: "bulk")
        let paused = queues.nextTogether(of: "bulk")
        #expect(paused.isEmpty)
        queues.resume(topic: "bulk")
        let resumed = queues.nextTogether(of: "bulk")
        #expect(resumed.count == 1)
    }
}
