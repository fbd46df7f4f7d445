import CLibrdkafka
import SessionCore

/// A partition with an offset, as librdkafka's lists carry them.
struct PartitionOffset: Equatable, Sendable {
    var partition: TopicPartition
    /// Records to come next have this offset; negative values are librdkafka's logical offsets.
    var offset: Int64
    /// What went wrong with this partition alone; 0 where nothing did.
    var error: Int32 = 0

    /// Reads a list, which stays the caller's.
    static func read(_ list: UnsafePointer<rd_kafka_topic_partition_list_t>?) -> [PartitionOffset] {
        guard let list, let elements = list.pointee.elems else { return [] }
        return (0..<Int(list.pointee.cnt)).map { index in
            let element = elements[index]
            let topic = element.topic.map { String(cString: $0) } ?? ""
            return PartitionOffset(
                partition: TopicPartition(topic: topic, partition: element.partition),
                offset: element.offset,
                error: element.err.rawValue
            )
        }
    }

    static func read(_ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?) -> [PartitionOffset] {
        read(UnsafePointer(list))
    }

    /// Makes a list for the time of `body`. Do not let the pointer out of it.
    static func withList<Result>(
        _ entries: [PartitionOffset],
        _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result
    ) -> Result {
        guard let list = rd_kafka_topic_partition_list_new(Int32(entries.count)) else {
            preconditionFailure("out of memory for a list of \(entries.count) partitions")
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for entry in entries {
            let added = rd_kafka_topic_partition_list_add(list, entry.partition.topic, entry.partition.partition)
            added?.pointee.offset = entry.offset
        }
        return body(list)
    }
}
