import KafkaTransport
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

/// Holds the scenarios that share clusters; they run one after the other.
@Suite(.serialized) struct BrokerScenarios {}

/// Which cluster a scenario runs on.
enum ClusterKind: String, CaseIterable, CustomTestStringConvertible {
    case embedded
    case real

    /// The embedded one, and Apache Kafka where there is one.
    static var available: [ClusterKind] { RealKafka.isAvailable ? [.embedded, .real] : [.embedded] }

    var testDescription: String { rawValue }

    private static let embeddedCluster = Task { try EmbeddedKafka() }
    private static let realCluster = Task { try await RealKafka.start() }

    /// The cluster of this kind, shared by all scenarios; topics and groups keep them apart.
    func cluster() async throws -> KafkaCluster {
        switch self {
        case .embedded: KafkaCluster(try await Self.embeddedCluster.value)
        case .real: KafkaCluster(try await Self.realCluster.value)
        }
    }
}

private let lastNumber = Atomic(0)

/// A name that nothing else in this process has.
func unique(_ stem: String) -> String {
    "\(stem)-\(lastNumber.add(1, ordering: .relaxed).newValue)"
}

/// Keeps log lines for the test to look at.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var log: Log {
        Log(level: .debug, format: .text) { line in self.lines.withLock { $0.append(line) } }
    }

    func containing(_ text: String) -> [String] {
        lines.withLock { $0.filter { $0.contains(text) } }
    }
}

/// What a reader told of its brokers, in order.
final class ToldNews: Sendable {
    private let told = Mutex<[ResultReader.News]>([])

    var all: [ResultReader.News] { told.withLock { $0 } }

    func add(_ news: ResultReader.News) {
        told.withLock { $0.append(news) }
    }
}

/// The values of the records that came, whoever they came to.
final class Collected: Sendable {
    private let values = Mutex<Set<String>>([])

    func add(_ batch: RecordBatch) {
        add(batch.records.map { String(decoding: $0.value ?? [], as: UTF8.self) })
    }

    func add(_ added: [String]) {
        values.withLock { $0.formUnion(added) }
    }

    func count(_ prefix: String = "") -> Int {
        values.withLock { values in values.count { $0.hasPrefix(prefix) } }
    }
}

/// Waits until `condition` holds; false if it does not within `seconds`.
func eventually(within seconds: Int = 30, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}

/// Runs `body`, but waits for it no longer than `seconds`; nil when the time ran out, with `body` left to itself.
func atMost<Value: Sendable>(
    _ seconds: Int,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value? {
    let answers = AsyncThrowingStream<Value?, any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let work = Task {
        do {
            answers.continuation.yield(try await body())
        } catch {
            answers.continuation.finish(throwing: error)
        }
    }
    let clock = Task {
        try await Task.sleep(for: .seconds(seconds))
        answers.continuation.yield(nil)
    }
    defer {
        work.cancel()
        clock.cancel()
    }
    for try await answer in answers.stream { return answer }
    return nil
}

/// The positions that a store would hold.
final class PretendStore: Sendable {
    struct Away: Error {}

    private struct State {
        var positions: [TopicPartition: StoredPosition] = [:]
        var isAway = false
        var questions = 0
    }

    private let state = Mutex(State())

    var lookUp: StoredPositions {
        { partitions in
            try self.state.withLock { state in
                state.questions += 1
                guard !state.isAway else { throw Away() }
                return state.positions.filter { partitions.contains($0.key) }
            }
        }
    }

    var questions: Int { state.withLock { $0.questions } }

    /// - Parameter floor: where an operator put it.
    func set(_ place: TopicPartition, _ position: Int64, floor: Int64 = 0) {
        state.withLock { $0.positions[place] = StoredPosition(position, floor: floor) }
    }

    func forget(_ place: TopicPartition) {
        state.withLock { $0.positions[place] = nil }
    }

    func store(_ batch: RecordBatch) {
        set(TopicPartition(topic: batch.topic, partition: batch.partition), batch.next)
    }

    func goAway(_ isAway: Bool) {
        state.withLock { $0.isAway = isAway }
    }
}

/// Writes `count` records with the keys and values `<stem>0`, `<stem>1`, …; all are acknowledged when it returns.
func produce(_ count: Int, to topic: String, _ cluster: KafkaCluster, stem: String = "r", padding: Int = 0) async throws
{
    let producer = try RecordProducer(cluster.settings(), log: .silent)
    let tail = String(repeating: "x", count: padding)
    for start in stride(from: 0, to: count, by: 500) {
        let records = (start..<min(count, start + 500)).map { number in
            NewRecord(topic: topic, key: Array("\(stem)\(number)".utf8), value: Array("\(stem)\(number)\(tail)".utf8))
        }
        await producer.send(records)
    }
    let summary = await producer.finish(timeout: .seconds(60))
    #expect(summary.acknowledged == count && summary.failures.isEmpty, "\(summary)")
}

/// What was taken from a source, checked for order as it came.
struct Taken {
    /// Values by partition, in the order in which they came.
    var values: [TopicPartition: [String]] = [:]
    var batches: [RecordBatch] = []

    var count: Int { values.values.reduce(0) { $0 + $1.count } }
    var all: Set<String> { Set(values.values.joined()) }

    /// Notes a batch; each must start where the last of its partition and assignment ended.
    mutating func add(_ batch: RecordBatch) {
        let place = TopicPartition(topic: batch.topic, partition: batch.partition)
        if let last = batches.last(where: { $0.topic == batch.topic && $0.partition == batch.partition }),
            last.assignment == batch.assignment
        {
            #expect(batch.start == last.next, "\(place) goes on at \(batch.start) after \(last.next)")
        }
        #expect(batch.records.map(\.position.offset) == batch.records.map(\.position.offset).sorted())
        #expect(batch.next == (batch.records.last?.position.offset ?? -2) + 1)
        #expect(batch.start <= batch.records.first?.position.offset ?? -1)
        values[place, default: []] += batch.records.map { String(decoding: $0.value ?? [], as: UTF8.self) }
        batches.append(batch)
    }
}

extension KafkaJobSource {
    /// Takes batches of a topic, committing each, until `count` records came; fails when `seconds` have passed.
    func take(_ count: Int, of topic: String, within seconds: Int = 60) async throws -> Taken {
        let taken = try await atMost(seconds) {
            var taken = Taken()
            while taken.count < count, let batches = try await self.nextBatches(of: topic) {
                for batch in batches {
                    taken.add(batch)
                    self.commit(batch)
                }
            }
            return taken
        }
        return try #require(taken, "\(count) records did not come within \(seconds) s")
    }

    /// Takes one batch of each of so many partitions, and commits none.
    func takeOne(ofEach partitions: Int, of topic: String, within seconds: Int = 60) async throws -> Taken {
        let taken = try await atMost(seconds) {
            var taken = Taken()
            while taken.values.count < partitions, let batches = try await self.nextBatches(of: topic) {
                for batch in batches { taken.add(batch) }
            }
            return taken
        }
        return try #require(taken, "\(partitions) partitions gave nothing within \(seconds) s")
    }

    /// The offsets of the records that come of a partition, until that of the last one.
    func offsets(upTo last: Int64, of topic: String, within seconds: Int = 60) async throws -> [Int64] {
        let taken = try await atMost(seconds) {
            var offsets: [Int64] = []
            while offsets.last ?? -1 < last, let batches = try await self.nextBatches(of: topic) {
                for batch in batches {
                    offsets += batch.records.map(\.position.offset)
                    self.commit(batch)
                }
            }
            return offsets
        }
        return try #require(taken, "the record at \(last) did not come within \(seconds) s")
    }

    /// As many records as the source puts together.
    func nextBatches(of topic: String) async throws -> [RecordBatch]? {
        try await nextBatches(of: topic, recordsMax: .max)
    }

    /// The next batch of a topic with one partition.
    func nextBatch(of topic: String) async throws -> RecordBatch? {
        try await nextBatches(of: topic)?.first
    }
}

/// What the group of the settings has committed.
func committed(_ topic: String, _ cluster: KafkaCluster, group: String) async throws -> [TopicPartition: Int64] {
    let probe = ClusterProbe(cluster.settings(groupID: group), log: .silent)
    return try await probe.lag(of: probe.partitions(of: [topic])).compactMapValues(\.committed)
}
