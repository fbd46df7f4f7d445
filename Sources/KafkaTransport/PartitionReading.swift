import CLibrdkafka
import SessionCore

/// How far each assigned partition was read, and which of them rest. Pure.
struct PartitionReading: Sendable {
    /// What it means that Kafka does not have a position.
    enum PositionFault: Equatable, Sendable {
        /// What comes next cannot be read.
        case gone
        /// It is not where the partition is read from: an error of an earlier assignment or rewind, which no version of
        /// the library holds back.
        case outdated
        /// It was not told where the partition begins, or that is gone by now.
        case noBeginning
        /// The partition is not read.
        case irrelevant
    }

    private struct Progress {
        /// Where the assignment began; nil is the partition's beginning.
        var start: Int64?
        /// The next offset to read; nil is the partition's beginning.
        var next: Int64?
        /// How often reading on from `next` failed its checksum.
        var damages = 0
    }

    private var progress = PartitionTable<Progress>()
    /// Partitions that the library was told to pause.
    var paused: Set<TopicPartition> = []
    /// Partitions that are not read on.
    private(set) var stopped: Set<TopicPartition> = []

    mutating func assign(_ starts: [TopicPartition: Int64?]) {
        progress = PartitionTable(starts.mapValues { Progress(start: $0, next: $0) })
        paused = []
        stopped = []
    }

    /// Notes a record. False if the partition is not assigned, was stopped, or the record was read before.
    mutating func took(_ place: TopicPartition, offset: Int64) -> Bool {
        guard let index = progress.index(of: place), !stopped.contains(place),
            offset >= progress[index].next ?? 0
        else { return false }
        progress[index].next = offset + 1
        progress[index].damages = 0
        return true
    }

    mutating func restarted(_ place: TopicPartition, at start: Int64?) {
        if let index = progress.index(of: place) { progress[index].next = start }
    }

    var partitions: [TopicPartition] { progress.places }

    func isAssigned(_ place: TopicPartition) -> Bool { progress.index(of: place) != nil }

    func start(of place: TopicPartition) -> Int64? { progress.index(of: place).flatMap { progress[$0].start } }

    func next(of place: TopicPartition) -> Int64? { progress.index(of: place).flatMap { progress[$0].next } }

    /// Notes that what comes next could not be read whole; how often that has happened at this place.
    mutating func damaged(_ place: TopicPartition) -> Int {
        guard let index = progress.index(of: place) else { return 0 }
        progress[index].damages += 1
        return progress[index].damages
    }

    /// - Parameter offset: the one that Kafka does not have; a logical one of librdkafka's where it tells no other.
    func fault(of place: TopicPartition, at offset: Int64) -> PositionFault {
        guard let index = progress.index(of: place), !stopped.contains(place) else { return .irrelevant }
        guard let next = progress[index].next else { return .noBeginning }
        // Without an offset it tells of a log that was cut.
        return offset == next || offset == Int64(RD_KAFKA_OFFSET_INVALID) ? .gone : .outdated
    }

    /// False if it was stopped before.
    mutating func stop(_ place: TopicPartition) -> Bool {
        stopped.insert(place).inserted
    }

    /// A stopped partition is read on from where it stopped.
    mutating func goOn(_ place: TopicPartition) {
        stopped.remove(place)
    }
}
