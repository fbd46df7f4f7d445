import SessionCore

/// How far the work is with a partition of a jobs topic, by the store and by Kafka. Pure.
struct PartitionStanding: Equatable, Sendable {
    /// Why a partition is not read on by itself.
    enum Fault: Equatable, Sendable {
        /// Records were deleted before they were taken in: how many, at most.
        case deleted(Int64)
        /// The position lies behind the partition's end, as after its topic was made anew.
        case beyondEnd
    }

    var partition: TopicPartition
    /// The next offset to be taken in, by the store; nil where nothing was taken in yet.
    var position: Int64?
    /// Where an operator last put the position: nothing before it is read. 0 where none did.
    var floor: Int64 = 0
    /// The next offset by Kafka's group, which may be behind; nil where it knows nothing.
    var committed: Int64?
    /// The first offset that Kafka still has.
    var first: Int64
    /// The offset that the next record will get.
    var end: Int64

    var fault: Fault? {
        // Where the store knows nothing, reading begins at the group's.
        guard let position = position ?? committed else { return nil }
        if position < first { return .deleted(first - position) }
        return position > end ? .beyondEnd : nil
    }

    /// The first record that is not taken in yet and that Kafka still has.
    var next: Int64 { max(position ?? committed ?? first, first) }

    /// Where reading begins when a worker gets the partition. What was taken in and Kafka's group does not know of is
    /// read again.
    var begin: Int64 {
        guard let position else { return next }
        return max(min(committed ?? position, position), floor, first)
    }

    /// Records that wait on Kafka, at most: offsets may have gaps, and some may have been taken in.
    var waiting: Int64 { max(0, end - begin) }

    var words: String {
        switch fault {
        case nil: ""
        case .deleted(let count):
            "stopped: \(OrderWords.counted(Int(count), "record")) deleted before "
                + "\(count == 1 ? "it was" : "they were") taken in"
        case .beyondEnd: "stopped: the position is behind the end; was the topic made anew?"
        }
    }
}
