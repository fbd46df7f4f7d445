import SessionCore

/// What `usher position set` tells. Pure.
struct PositionSetReport: Equatable, Sendable {
    var partition: TopicPartition
    /// Where it stood; nil: it had no position.
    var before: Int64?
    var after: Int64
    /// False: it stood there, and reading begins there anyway.
    var isChanged: Bool

    var text: String {
        let place = "\(partition.topic)[\(partition.partition)]"
        guard isChanged else { return "\(place) stands at \(after) already: nothing was changed." }
        let then = before.map { $0 == after ? "as before" : "it stood at \($0)" } ?? "it had none"
        let records =
            after < before ?? 0
            ? "What comes from there on is read again; what was taken in is recognised."
            : "No record before it is taken in from now on."
        return "\(place) stands at \(after) (\(then)). \(records)\n"
            + "The worker that has the partition goes there within seconds, also where it had stopped or is paused; "
            + "without one, the next that gets it begins there."
    }

    var json: String {
        JSONWriter.object { writer in
            writer.member("topic", partition.topic)
            writer.member("partition", Int(partition.partition))
            writer.member("before", before)
            writer.member("position", after)
        }
    }
}
