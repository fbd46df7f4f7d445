/// One Kafka record as it was read.
package struct SourceRecord: Equatable, Sendable {
    package var position: RecordPosition
    package var key: [UInt8]?
    /// nil is a tombstone.
    package var value: [UInt8]?
    /// The W3C `traceparent` header, where the record had one of at most 64 ASCII bytes.
    package var traceparent: String?

    package init(position: RecordPosition, key: [UInt8]?, value: [UInt8]?, traceparent: String? = nil) {
        self.position = position
        self.key = key
        self.value = value
        self.traceparent = traceparent
    }
}

/// A run of records of one partition, in offset order. `next` is the offset after the last record covered.
package struct RecordBatch: Equatable, Sendable {
    package var topic: String
    package var partition: Int32
    /// The offset from which this batch covers the partition without a gap.
    package var start: Int64
    package var next: Int64
    package var records: [SourceRecord]
    /// Changes with every assignment of the partition; a commit with an older one is dropped.
    package var assignment: Int64

    package init(
        topic: String,
        partition: Int32,
        start: Int64,
        next: Int64,
        records: [SourceRecord],
        assignment: Int64
    ) {
        self.topic = topic
        self.partition = partition
        self.start = start
        self.next = next
        self.records = records
        self.assignment = assignment
    }

    package var topicPartition: TopicPartition {
        TopicPartition(topic: topic, partition: partition)
    }
}

/// A partition of a topic.
package struct TopicPartition: Hashable, Sendable {
    package var topic: String
    package var partition: Int32

    package init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// Orders partitions for output and for taking turns.
    package static func inOrder(_ left: TopicPartition, _ right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Where a partition stands by the store.
package struct StoredPosition: Equatable, Sendable {
    /// The next offset to be taken in.
    package let next: Int64
    /// Where an operator last put the position, at most `next`; 0 where none did. Nothing before it is read or stored,
    /// wherever Kafka's position is.
    package let floor: Int64

    package init(_ next: Int64, floor: Int64 = 0) {
        self.next = next
        // A position that was taken back by other means takes the floor with it.
        self.floor = min(floor, next)
    }
}

/// Where jobs come from.
package protocol JobSource: Sendable {
    /// Waits for records of a topic and returns what waits of several of its partitions, at most one batch a partition
    /// and never empty; partitions take turns. nil once the source was closed and has nothing left.
    ///
    /// All together they hold at most `recordsMax` records, or as many as the source itself puts together.
    ///
    /// A partition gives its next batch only after the last was committed (or the partition was rewound, or assigned
    /// again), so that several takers keep each partition's order. Batches may be committed in any order.
    /// Throws `TransportError` when the source cannot go on.
    func nextBatches(of topic: String, recordsMax: Int) async throws -> [RecordBatch]?
    /// Tells Kafka that everything before `batch.next` is durably accounted for.
    func commit(_ batch: RecordBatch)
    /// Reads the partition of `batch` from its stored position, back or ahead: the batch could not be taken.
    func rewind(_ batch: RecordBatch)
    /// Reads an assigned partition from its stored position, back or ahead.
    func rewind(_ partition: TopicPartition)
    /// How far the store had accounted for each assigned partition: by its own word when the partition was assigned or
    /// rewound, and by what was committed since. Partitions of which the store had no position are absent until then.
    var accounted: [TopicPartition: Int64] { get }
    /// Assigned partitions that are not read on, because their next records cannot be read, with the offset that would
    /// have been read next.
    var stopped: [TopicPartition: Int64] { get }
    /// Reads a stopped partition on from its stored position, which was moved.
    func takeUp(_ partition: TopicPartition)
    /// Gives all partitions to other members of the group, after telling Kafka what was reported, and takes none until
    /// `join`. Batches that were taken are no longer current.
    func leave()
    /// Takes partitions again after `leave`.
    func join()
    /// Stops delivering a topic's records, while polling goes on.
    func pause(topic: String)
    func resume(topic: String)
    /// Stops reading, commits what was reported, leaves the group. `nextBatches` returns nil afterwards.
    func close() async
}
