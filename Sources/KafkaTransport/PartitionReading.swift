import SessionCore

/// How far each assigned partition was read, and which of them rest. Pure.
struct PartitionReading: Sendable {
    private struct Progress {
        /// Where the assignment began; nil is the partition's beginning.
        var start: Int64?
        /// The next offset to read; nil is the partition's beginning.
        var next: Int64?
        /// How often reading on from `next` failed its checksum.
        var damages = 0
    }

    private var progress: [TopicPartition: Progress] = [:]
    /// Partitions that the library was told to pause.
    var paused: Set<TopicPartition> = []
    /// Partitions that are not read any more until they are assigned again.
    private(set) var stopped: Set<TopicPartition> = []

    mutating func assign(_ starts: [TopicPartition: Int64?]) {
        progress = starts.mapValues { Progress(start: $0, next: $0) }
        paused = []
        stopped = []
    }

    /// Notes a record. False if the partition is not assigned, was stopped, or the record was read before.
    mutating func took(_ place: TopicPartition, offset: Int64) -> Bool {
        guard let known = progress[place], !stopped.contains(place), offset >= known.next ?? 0 else { return false }
        progress[place]?.next = offset + 1
        progress[place]?.damages = 0
        return true
    }

    mutating func restarted(_ place: TopicPartition, at start: Int64?) {
        progress[place]?.next = start
    }

    var partitions: [TopicPartition] { Array(progress.keys) }

    func isAssigned(_ place: TopicPartition) -> Bool { progress[place] != nil }

    func start(of place: TopicPartition) -> Int64? { progress[place]?.start }

    func next(of place: TopicPartition) -> Int64? { progress[place]?.next }

    /// Notes that what comes next could not be read whole; how often that has happened at this place.
    mutating func damaged(_ place: TopicPartition) -> Int {
        progress[place]?.damages += 1
        return progress[place]?.damages ?? 0
    }

    /// False if it was stopped before.
    mutating func stop(_ place: TopicPartition) -> Bool {
        stopped.insert(place).inserted
    }
}
