/// Whether this worker should have partitions. Without a database it reads what it cannot store, and another worker may
/// have one. Pure.
struct Membership: Sendable {
    enum Change: Equatable, Sendable {
        case leave
        case join
    }

    private let leaveAfter: Duration
    private var isMember = true

    init(leaveAfter: Duration) {
        self.leaveAfter = leaveAfter
    }

    /// - Parameter silence: For how long no transaction that writes has got through; nil while they do.
    mutating func turn(silence: Duration?) -> Change? {
        if let silence {
            guard isMember, silence >= leaveAfter else { return nil }
            isMember = false
            return .leave
        }
        guard !isMember else { return nil }
        isMember = true
        return .join
    }
}
