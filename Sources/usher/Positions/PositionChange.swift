import SessionCore

/// What `usher position set` asks for. Pure.
struct PositionChange: Equatable, Sendable {
    /// The word or number of the command line.
    enum Target: Equatable, Sendable {
        case first
        case end
        case offset(Int64)

        init?(_ text: String) {
            switch text {
            case "first": self = .first
            case "end": self = .end
            default:
                guard let offset = Int64(text), offset >= 0 else { return nil }
                self = .offset(offset)
            }
        }
    }

    /// What is to be done, or why it is not.
    enum Plan: Equatable, Sendable {
        /// It stands there, and reading begins there.
        case stays(at: Int64)
        case moves(from: Int64?, to: Int64)
        /// Kafka has no such offset.
        case outside
        /// So many records that Kafka still has would be passed over.
        case skips(Int64)
    }

    var target: Target
    /// Whether records that Kafka still has may be passed over.
    var maySkip: Bool

    func plan(_ standing: PartitionStanding) -> Plan {
        let offset =
            switch target {
            case .first: standing.first
            case .end: standing.end
            case .offset(let offset): offset
            }
        guard (standing.first...max(standing.first, standing.end)).contains(offset) else { return .outside }
        // Where Kafka's position is behind it and nothing holds it, there is something to do.
        if offset == standing.position, offset == standing.begin { return .stays(at: offset) }
        // A position behind the end tells nothing of what the records before it are.
        let next = standing.fault == .beyondEnd ? standing.first : standing.next
        if offset > next, !maySkip { return .skips(offset - next) }
        return .moves(from: standing.position, to: offset)
    }
}
