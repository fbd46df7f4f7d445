import SessionCore
import Terminal

/// How far the work is with each partition, as `usher position list` prints it. Pure.
struct PositionListReport {
    private enum Row {
        case told(PartitionStanding)
        case untold(UntoldPartition)

        var partition: TopicPartition {
            switch self {
            case .told(let standing): standing.partition
            case .untold(let untold): untold.partition
            }
        }

        /// As many as the table has columns.
        var cells: [String] {
            switch self {
            case .told(let standing):
                [
                    standing.partition.topic, String(standing.partition.partition),
                    standing.position.map(String.init) ?? "none", standing.committed.map(String.init) ?? "none",
                    String(standing.first), String(standing.end), grouped(Int(standing.waiting)), standing.words,
                ]
            case .untold(let untold):
                [
                    untold.partition.topic, String(untold.partition.partition),
                    untold.position.map(String.init) ?? "none", untold.committed.map(String.init) ?? "none",
                    "?", "?", "?", untold.words,
                ]
            }
        }
    }

    let standings: [PartitionStanding]
    /// Those of which Kafka does not tell enough.
    var untold: [UntoldPartition] = []

    /// Whether each partition is known, and none is stopped.
    var isAllWell: Bool { untold.isEmpty && standings.allSatisfy { $0.fault == nil } }

    func lines(width: Int?) -> [String] {
        var table = TextTable([
            .init("TOPIC"), .init("PARTITION", .right), .init("POSITION", .right), .init("KAFKA'S", .right),
            .init("FIRST", .right), .init("END", .right), .init("WAITING", .right),
            .init("WHAT IS WRONG", isFlexible: true),
        ])
        for row in rows { table.add(row.cells) }
        return table.lines(width: width) + ["", total] + repairs
    }

    private var rows: [Row] {
        (standings.map(Row.told) + untold.map(Row.untold))
            .sorted { TopicPartition.inOrder($0.partition, $1.partition) }
    }

    private var total: String {
        let unknown = OrderWords.counted(untold.count, "partition")
        if standings.isEmpty, !untold.isEmpty { return "what waits on Kafka is not known, in \(unknown)" }
        let waiting = standings.reduce(0) { $0 + Int($1.waiting) }
        let partitions = OrderWords.counted(standings.count, "partition")
        let told =
            waiting == 0
            ? "nothing waits on Kafka, in \(partitions)"
            : "\(OrderWords.counted(waiting, "record")) \(waiting == 1 ? "waits" : "wait") on Kafka, in \(partitions)"
        return untold.isEmpty ? told : "\(told); in \(unknown) more it is not known"
    }

    private var repairs: [String] {
        let commands = standings.filter { $0.fault != nil }
            .map { PositionSetVerb.line(of: $0.partition, offset: "first") }
        return commands.isEmpty ? [] : ["", "Once you know why, to read on with what Kafka still has:"] + commands
    }

    var json: String {
        JSONWriter.object { writer in
            writer.member("partitions", array: rows) { writer, row in
                switch row {
                case .told(let standing): writer.members(of: standing)
                case .untold(let untold): writer.members(of: untold)
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of standing: PartitionStanding) {
        member("topic", standing.partition.topic)
        member("partition", Int(standing.partition.partition))
        member("position", standing.position)
        member("committed", standing.committed)
        member("first", standing.first)
        member("end", standing.end)
        member("reads_from", standing.begin)
        member("waiting", standing.waiting)
        switch standing.fault {
        case nil: break
        case .deleted: member("stopped", "deleted")
        case .beyondEnd: member("stopped", "beyond_end")
        }
    }

    fileprivate mutating func members(of untold: UntoldPartition) {
        member("topic", untold.partition.topic)
        member("partition", Int(untold.partition.partition))
        member("position", untold.position)
        member("committed", untold.committed)
        switch untold.cause {
        case .noLeader: member("unknown", "no_leader")
        case .failed: member("unknown", "failed")
        }
    }
}
