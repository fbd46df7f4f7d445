import KafkaTransport
import SessionCore

/// What waits on the jobs topics, and for how long it has. Pure.
struct WaitingRecords {
    /// Workers take a record in within milliseconds, and find a partition that was added within half a minute.
    static let patience: Duration = .seconds(120)
    /// How many partitions are named.
    private static let namesMax = 8

    private struct Wait {
        var place: TopicPartition
        var age: Duration
    }

    /// What comes first in each partition that was not read to its end.
    var first: [TopicPartition: FirstRecord]
    /// After how long Kafka deletes a topic's records; topics that keep theirs for ever, or do not say, are absent.
    var retention: [String: Duration]
    /// The partitions that members of the consumer group have; nil where no worker lives, which another check tells.
    var assigned: Result<Set<TopicPartition>, any Error>?
    /// Database time.
    var now: Timestamp

    /// From where on each partition is to be looked at. Those that are stopped are told of by another check.
    static func offsets(_ standings: [PartitionStanding]) -> [TopicPartition: Int64] {
        let unread = standings.filter { $0.fault == nil && $0.next < $0.end }
        return Dictionary(unread.map { ($0.partition, $0.next) }, uniquingKeysWith: min)
    }

    var findings: [Finding] {
        let topics = Set(first.keys.map(\.topic)).sorted()
        let found = topics.flatMap { judge($0) }
        return found.isEmpty ? [.ok("no record waits in a partition that is read on")] : found
    }

    private func judge(_ topic: String) -> [Finding] {
        let waits = ages(of: topic)
        guard let oldest = waits.max(by: { $0.age < $1.age }) else { return untold(topic) }
        let text =
            "\(topic): the oldest record that waits on Kafka is \(oldest.age.inWords) old "
            + "(partition \(oldest.place.partition))"
        var found = unassigned(topic, waits)
        if let span = retention[topic], oldest.age > span / 2 {
            found.append(
                .problem(
                    "\(text), and Kafka deletes what is \(span.inWords) old, taken in or not (retention.ms): find out "
                        + "by the other checks, and by what the workers log, why it is not taken in, and raise "
                        + "retention.ms until it is\(doubt)"
                )
            )
        }
        if found.isEmpty {
            let isOld = oldest.age > Self.patience
            found = [isOld ? .advice("\(text); see `backlog`, and what the workers log\(doubt)") : .ok(text)]
        }
        return found + untold(topic)
    }

    /// Partitions in which records grow old because nobody has them: at a worker's start the topic was not in its
    /// settings.
    private func unassigned(_ topic: String, _ waits: [Wait]) -> [Finding] {
        guard case .success(let held)? = assigned else { return [] }
        let left = waits.filter { $0.age > Self.patience && !held.contains($0.place) }
        guard let age = left.map(\.age).max() else { return [] }
        return [
            .problem(
                "\(topic): no worker has \(Self.names(left.map(\.place))), where records have waited on Kafka for "
                    + "\(age.inWords): workers read their settings when they start: restart those that began before "
                    + "the topic was among their kafka.jobs_topics, and see what the others log"
            )
        ]
    }

    /// Partitions of which nobody can tell how long their first record has waited.
    private func untold(_ topic: String) -> [Finding] {
        let places = first.keys.filter { $0.topic == topic }.sorted(by: TopicPartition.inOrder)
        let left = places.filter { reason($0) != nil }
        guard let words = left.first.flatMap({ reason($0) }) else { return [] }
        return [.advice("\(topic): how long records have waited in \(Self.names(left)) cannot be told: \(words)")]
    }

    private func reason(_ place: TopicPartition) -> String? {
        switch first[place] {
        case .unread(let error)?: Explanation.of(error).message
        case .record(writtenAt: nil)?: "the first carries no time"
        case .record?, .nothing?, nil: nil
        }
    }

    private func ages(of topic: String) -> [Wait] {
        let waits = first.compactMap { place, record -> Wait? in
            guard place.topic == topic, case .record(writtenAt: let written?) = record else { return nil }
            // Whoever wrote it may have a clock that is ahead.
            return Wait(place: place, age: max(.zero, written.duration(to: now)))
        }
        return waits.sorted { TopicPartition.inOrder($0.place, $1.place) }
    }

    private var doubt: String {
        guard case .failure(let error)? = assigned else { return "" }
        return "; whether a worker has the partition cannot be told: \(Explanation.of(error).message)"
    }

    private static func names(_ places: [TopicPartition]) -> String {
        let names = places.prefix(namesMax).map { String($0.partition) }.joined(separator: ", ")
        let rest = places.count > namesMax ? " and \(places.count - namesMax) more" : ""
        return "partition\(places.count == 1 ? "" : "s") \(names)\(rest)"
    }
}
