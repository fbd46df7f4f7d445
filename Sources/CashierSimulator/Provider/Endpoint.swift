/// What a path names. The provider's may stand behind any base path, as a white label's do; the simulator's own also
/// stand behind `/_control`.
enum Endpoint: Equatable {
    enum Control: String {
        case stats = "/stats"
        case accepts = "/accepts"
        case reset = "/reset"
        case faults = "/faults"
        case sessions = "/sessions"
        case personality = "/personality"
        case callbacks = "/callbacks"
        case clock = "/clock"
    }

    case open
    case lookup
    /// An endpoint of API 1.2 and before, which is closed.
    case obsolete
    case control(Control)
    case other

    private static let obsoletePaths = ["/api/vt-pay-out", "/api/vt-checkout", "/api/vt-pay-out-order"]
    private static let controlPrefix = "/_control"

    init(_ path: String) {
        if path.hasSuffix("/cashier/virtual-terminal") {
            self = .open
        } else if path.hasSuffix("/agent/find-order") {
            self = .lookup
        } else if Self.obsoletePaths.contains(path) {
            self = .obsolete
        } else {
            let name = path.hasPrefix(Self.controlPrefix) ? String(path.dropFirst(Self.controlPrefix.count)) : path
            self = Control(rawValue: name).map { .control($0) } ?? .other
        }
    }
}
