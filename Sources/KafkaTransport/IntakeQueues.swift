import SessionCore

/// What waits in memory between Kafka and the intake: a queue per assigned partition. Pure.
///
/// Each topic is taken by itself, so that an agent's record never waits behind a campaign's; within a topic its
/// partitions take turns.
struct IntakeQueues: Sendable {
    /// The bounds. Bytes count keys and values.
    struct Limits: Equatable, Sendable {
        var batchRecordsMax = 500
        var batchBytesMax = 1 << 20
        /// A topic with this much waiting is not added to until half of it is gone.
        var topicRecordsMax = 4_000
        var topicBytesMax = 16 << 20
    }

    private let limits: Limits
    /// Few, so that one is found without a hash of its name.
    private var topics: [TopicQueue] = []
    private var pausedByOperator: Set<String> = []
    private var lastAssignment: Int64 = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many records wait, by topic.
    var countByTopic: [String: Int] {
        Dictionary(topics.map { ($0.name, $0.records) }) { first, _ in first }
    }

    var partitions: [TopicPartition] {
        topics.flatMap(\.places).sorted(by: TopicPartition.inOrder)
    }

    /// How far the store had accounted for the partitions, as far as that is known.
    var accounted: [TopicPartition: Int64] {
        Dictionary(topics.flatMap(\.accounted)) { first, _ in first }
    }

    private func index(of topic: String) -> Int? {
        topics.firstIndex { $0.name == topic }
    }

    /// Replaces the assignment; what waited is dropped. A start of nil is the partition's beginning.
    ///
    /// - Parameter stored: the store's positions, of those partitions of which it has one.
    mutating func assign(_ starts: [TopicPartition: Int64?], stored: [TopicPartition: Int64] = [:]) {
        topics = []
        for (place, start) in starts.sorted(by: { TopicPartition.inOrder($0.key, $1.key) }) {
            lastAssignment += 1
            if topics.last?.name != place.topic { topics.append(TopicQueue(name: place.topic)) }
            topics[topics.count - 1].add(
                place.partition,
                PartitionQueue(assignment: lastAssignment, start: start, accounted: stored[place])
            )
        }
    }

    /// Adds a record at the end of its partition. False, and nothing added, if the partition is not assigned or the
    /// record was added before.
    @discardableResult
    mutating func append(_ record: SourceRecord) -> Bool {
        guard let topic = index(of: record.position.topic) else { return false }
        return topics[topic].append(record, limits: limits)
    }

    /// What waits of a topic's partitions, together within the bounds of one batch and `recordsMax`; empty when nothing
    /// waits that may be delivered. A partition has one such batch out at a time: the next comes when the last was
    /// committed or its partition assigned or read again.
    mutating func nextTogether(of name: String, recordsMax: Int = .max) -> [RecordBatch] {
        guard !pausedByOperator.contains(name), let topic = index(of: name) else { return [] }
        return topics[topic].nextTogether(limits: limits, recordsMax: recordsMax)
    }

    /// The batch is accounted for: its partition may give another.
    mutating func settle(_ batch: RecordBatch) {
        if let topic = index(of: batch.topic) { topics[topic].settle(batch) }
    }

    /// Whether the batch belongs to the present assignment of its partition, unrewound.
    func isCurrent(_ batch: RecordBatch) -> Bool {
        guard let topic = index(of: batch.topic) else { return false }
        return topics[topic].assignment(of: batch.partition) == batch.assignment
    }

    /// Drops what waits of a partition and takes nothing more until `restart`; batches taken before are no longer
    /// current.
    mutating func suspend(_ place: TopicPartition) {
        lastAssignment += 1
        let queue = PartitionQueue(assignment: lastAssignment, start: nil, isSuspended: true)
        if let topic = index(of: place.topic) { topics[topic].replace(place.partition, with: queue, limits: limits) }
    }

    /// Makes `start` (nil: the beginning) the next offset of a partition.
    ///
    /// - Parameter stored: the store's position, if it has one.
    mutating func restart(_ place: TopicPartition, at start: Int64?, stored: Int64? = nil) {
        lastAssignment += 1
        let queue = PartitionQueue(assignment: lastAssignment, start: start, accounted: stored)
        if let topic = index(of: place.topic) { topics[topic].replace(place.partition, with: queue, limits: limits) }
    }

    mutating func pause(topic: String) {
        pausedByOperator.insert(topic)
    }

    mutating func resume(topic: String) {
        pausedByOperator.remove(topic)
    }

    /// The topics of which more may be added. A full one has room again when half of what waits is gone.
    var topicsWithRoom: Set<String> {
        Set(topics.lazy.filter { !$0.isFull }.map(\.name))
    }

    /// The assigned partitions whose reading must rest: of a topic paused from outside.
    var partitionsToPause: Set<TopicPartition> {
        Set(topics.lazy.filter { pausedByOperator.contains($0.name) }.flatMap(\.places))
    }
}

/// The partitions of one topic.
private struct TopicQueue: Sendable {
    let name: String
    private var partitions: [PartitionQueue] = []
    /// By partition, the places in `partitions`: to change a value in a dictionary costs an allocation.
    private var indices: [Int32: Int] = [:]
    /// Whose turn it is next.
    private var turn: [Int32] = []
    private(set) var records = 0
    private(set) var isFull = false
    private var bytes = 0

    init(name: String) {
        self.name = name
    }

    var places: [TopicPartition] {
        indices.keys.map { TopicPartition(topic: name, partition: $0) }
    }

    var accounted: [(TopicPartition, Int64)] {
        indices.compactMap { partition, index in
            partitions[index].accounted.map { (TopicPartition(topic: name, partition: partition), $0) }
        }
    }

    mutating func add(_ partition: Int32, _ queue: PartitionQueue) {
        indices[partition] = partitions.count
        partitions.append(queue)
        turn.append(partition)
    }

    func assignment(of partition: Int32) -> Int64? {
        indices[partition].map { partitions[$0].assignment }
    }

    mutating func append(_ record: SourceRecord, limits: IntakeQueues.Limits) -> Bool {
        guard let index = indices[record.position.partition], partitions[index].append(record) else { return false }
        count(records: 1, bytes: record.bytes, limits: limits)
        return true
    }

    mutating func settle(_ batch: RecordBatch) {
        if let index = indices[batch.partition] { partitions[index].settle(batch) }
    }

    mutating func nextTogether(limits: IntakeQueues.Limits, recordsMax: Int) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        var room = Room(records: min(limits.batchRecordsMax, recordsMax), bytes: limits.batchBytesMax)
        var served: [Int32] = []
        for partition in turn {
            guard let index = indices[partition], partitions[index].isReady else { continue }
            guard let batch = partitions[index].take(topic: name, partition: partition, room: &room) else { break }
            partitions[index].lend(batch)
            batches.append(batch)
            served.append(partition)
        }
        guard !batches.isEmpty else { return [] }
        // All but the last were emptied, so the order in which they go behind the others does not matter.
        let isServed = Set(served)
        turn.removeAll { isServed.contains($0) }
        turn += served
        taken(room, limits)
        return batches
    }

    private mutating func taken(_ room: Room, _ limits: IntakeQueues.Limits) {
        count(records: -room.recordsTaken, bytes: -room.bytesTaken, limits: limits)
    }

    mutating func replace(_ partition: Int32, with queue: PartitionQueue, limits: IntakeQueues.Limits) {
        guard let index = indices[partition] else { return }
        let dropped = partitions[index].records
        partitions[index] = queue
        count(records: -dropped.count, bytes: -dropped.reduce(0) { $0 + $1.bytes }, limits: limits)
    }

    private mutating func count(records: Int, bytes: Int, limits: IntakeQueues.Limits) {
        self.records += records
        self.bytes += bytes
        if self.records >= limits.topicRecordsMax || self.bytes >= limits.topicBytesMax {
            isFull = true
        } else if self.records <= limits.topicRecordsMax / 2 && self.bytes <= limits.topicBytesMax / 2 {
            isFull = false
        }
    }
}

/// What still fits into a batch, or into several taken together.
private struct Room {
    private let recordsMax: Int
    private let bytesMax: Int
    private(set) var recordsTaken = 0
    private(set) var bytesTaken = 0

    init(records: Int, bytes: Int) {
        recordsMax = records
        bytesMax = bytes
    }

    /// Makes room for a record; false if there is none. The first always fits.
    mutating func add(_ record: SourceRecord) -> Bool {
        let bytes = record.bytes
        guard recordsTaken == 0 || (recordsTaken < recordsMax && bytesTaken + bytes <= bytesMax) else { return false }
        recordsTaken += 1
        bytesTaken += bytes
        return true
    }
}

/// One partition's records, in offset order.
private struct PartitionQueue: Sendable {
    /// Changes with each assignment, suspension and restart.
    let assignment: Int64
    /// Where the next batch starts; nil until the first record says what the beginning is.
    private var start: Int64?
    private(set) var records: [SourceRecord] = []
    /// It is not known yet where to go on.
    private let isSuspended: Bool
    /// The end of the batch that must be settled before the next is given.
    private var lentUntil: Int64?
    /// How far the store had accounted for the partition, as far as that is known.
    private(set) var accounted: Int64?

    /// Whether records wait that may be delivered.
    var isReady: Bool { !records.isEmpty && lentUntil == nil }

    init(assignment: Int64, start: Int64?, accounted: Int64? = nil, isSuspended: Bool = false) {
        self.assignment = assignment
        self.start = start
        self.accounted = accounted
        self.isSuspended = isSuspended
    }

    mutating func append(_ record: SourceRecord) -> Bool {
        guard !isSuspended else { return false }
        let expected = records.last.map { $0.position.offset + 1 } ?? start
        if let expected, record.position.offset < expected { return false }
        if start == nil { start = record.position.offset }
        records.append(record)
        return true
    }

    /// Takes as many records as there is room for; nil for none.
    mutating func take(topic: String, partition: Int32, room: inout Room) -> RecordBatch? {
        var count = 0
        while count < records.count, room.add(records[count]) { count += 1 }
        guard let start, count > 0 else { return nil }
        let taken: [SourceRecord]
        if count == records.count {
            taken = records
            records = []
        } else {
            taken = Array(records.prefix(count))
            records.removeFirst(count)
        }
        let next = taken[count - 1].position.offset + 1
        self.start = next
        return RecordBatch(
            topic: topic,
            partition: partition,
            start: start,
            next: next,
            records: taken,
            assignment: assignment
        )
    }

    /// Gives nothing more until the batch is settled.
    mutating func lend(_ batch: RecordBatch) {
        lentUntil = batch.next
    }

    mutating func settle(_ batch: RecordBatch) {
        guard let next = lentUntil, batch.assignment == assignment, batch.next >= next else { return }
        lentUntil = nil
        accounted = max(accounted ?? 0, batch.next)
    }
}

extension SourceRecord {
    /// What the record takes of the memory bounds.
    fileprivate var bytes: Int { (key?.count ?? 0) + (value?.count ?? 0) }
}
