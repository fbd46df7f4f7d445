/// For what the producing thread, which is about to wait, is to be woken before its time. Pure.
enum ProducerSleep: Sendable {
    /// Nothing waits: for whatever comes.
    case light
    /// What waits is not urgent and waits for others to go with it: for urgent records alone.
    case unlessUrgent
    /// For nothing: it looks again soon.
    case deep

    /// What waits already, by how many.
    init(urgent: Int, others: Int) {
        self = urgent > 0 ? .deep : others > 0 ? .unlessUrgent : .light
    }

    /// The sleep when these came before it began.
    func with(_ turn: ProducerExchange.Turn) -> ProducerSleep {
        if !turn.urgent.isEmpty { return .deep }
        return self == .light && !turn.records.isEmpty ? .unlessUrgent : self
    }

    func isEnded(byUrgent areUrgent: Bool) -> Bool {
        switch self {
        case .light: true
        case .unlessUrgent: areUrgent
        case .deep: false
        }
    }
}
