import SessionCore

/// A value for each of some partitions. To find one costs no hash of its topic's name, as there are few topics, and to
/// change one no allocation, as it would in a dictionary.
struct PartitionTable<Value: Sendable>: Sendable {
    private struct Topic {
        var name: String
        /// By partition, the places in `values`.
        var indices: [Int32: Int] = [:]
    }

    private var topics: [Topic] = []
    private var values: [Value] = []

    init() {}

    init(_ values: [TopicPartition: Value]) {
        for (place, value) in values {
            let topic = topics.firstIndex { $0.name == place.topic } ?? topics.count
            if topic == topics.count { topics.append(Topic(name: place.topic)) }
            topics[topic].indices[place.partition] = self.values.count
            self.values.append(value)
        }
    }

    var places: [TopicPartition] {
        topics.flatMap { topic in topic.indices.keys.map { TopicPartition(topic: topic.name, partition: $0) } }
    }

    /// Nil for a partition that is not one of them.
    func index(of place: TopicPartition) -> Int? {
        for topic in topics where topic.name == place.topic { return topic.indices[place.partition] }
        return nil
    }

    subscript(index: Int) -> Value {
        get { values[index] }
        set { values[index] = newValue }
    }
}
