/// What a path names. The provider's two may stand behind any base path.
enum Endpoint: Equatable {
    enum Control: String {
        case stats = "/stats"
        case accepts = "/accepts"
        case reset = "/reset"
        case faults = "/faults"
        case sessions = "/sessions"
    }

    case open
    case lookup
    case control(Control)
    case other

    init(_ path: String) {
        if path.hasSuffix("/cashier/virtual-terminal") {
            self = .open
        } else if path.hasSuffix("/agent/find-order") {
            self = .lookup
        } else {
            self = Control(rawValue: path).map { .control($0) } ?? .other
        }
    }
}
