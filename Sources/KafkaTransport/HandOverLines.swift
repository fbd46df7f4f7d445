/// The lines of records that wait to be handed to the producer. Pure.
struct HandOverLines: Sendable {
    /// In the order in which they go when several may.
    enum Kind: Int, CaseIterable, Sendable {
        /// Somebody waits for them: they do not wait for a group of others.
        case urgent
        case others
    }

    private var lines = Kind.allCases.map { _ in HandOverLine() }

    subscript(kind: Kind) -> HandOverLine {
        _read { yield lines[kind.rawValue] }
        _modify { yield &lines[kind.rawValue] }
    }

    var isEmpty: Bool { lines.allSatisfy { $0.count == 0 } }

    var sleep: ProducerSleep { ProducerSleep(urgent: self[.urgent].count, others: self[.others].count) }

    /// All that waits.
    var waiting: [OutgoingRecord] { lines.flatMap(\.waiting) }

    mutating func take(_ turn: ProducerExchange.Turn) {
        self[.urgent].append(contentsOf: turn.urgent)
        self[.others].append(contentsOf: turn.records)
    }
}
