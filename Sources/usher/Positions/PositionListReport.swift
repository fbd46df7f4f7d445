import SessionCore
import Terminal

/// How far the work is with each partition, as `usher position list` prints it. Pure.
struct PositionListReport {
    let standings: [PartitionStanding]

    var isAnyStopped: Bool { standings.contains { $0.fault != nil } }

    func lines(width: Int?) -> [String] {
        var table = TextTable([
            .init("TOPIC"), .init("PARTITION", .right), .init("POSITION", .right), .init("KAFKA'S", .right),
            .init("FIRST", .right), .init("END", .right), .init("WAITING", .right),
            .init("WHAT IS WRONG", isFlexible: true),
        ])
        for standing in standings {
            table.add([
                standing.partition.topic, String(standing.partition.partition),
                standing.position.map(String.init) ?? "none", standing.committed.map(String.init) ?? "none",
                String(standing.first), String(standing.end), grouped(Int(standing.waiting)), standing.words,
            ])
        }
        return table.lines(width: width) + ["", total] + repairs
    }

    private var total: String {
        let waiting = standings.reduce(0) { $0 + Int($1.waiting) }
        let partitions = OrderWords.counted(standings.count, "partition")
        return waiting == 0
            ? "nothing waits on Kafka, in \(partitions)"
            : "\(OrderWords.counted(waiting, "record")) \(waiting == 1 ? "waits" : "wait") on Kafka, in \(partitions)"
    }

    private var repairs: [String] {
        let commands = standings.filter { $0.fault != nil }
            .map { PositionSetVerb.line(of: $0.partition, offset: "first") }
        return commands.isEmpty ? [] : ["", "Once you know why, to read on with what Kafka still has:"] + commands
    }

    var json: String {
        JSONWriter.object { writer in
            writer.member("partitions", array: standings) { writer, standing in writer.members(of: standing) }
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
}
