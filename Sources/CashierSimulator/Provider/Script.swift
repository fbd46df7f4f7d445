/// What the `variable3` of a request says shall happen to its order: `simulate:` and one of these.
enum Script: String, CaseIterable, Sendable {
    case decline
    case configFault = "config-fault"
    case paid
    case unavailableOnce = "unavailable-once"
    case maintenanceOnce = "maintenance-once"
    case internalOnce = "internal-once"
    case resetBeforeOnce = "reset-before-once"
    case resetOnce = "reset-once"
    case hangOnce = "hang-once"
    case lateOnce = "late-once"
    case heldOnce = "held-once"
    case badSignatureOnce = "bad-signature-once"
    case wrongEchoOnce = "wrong-echo-once"

    static let prefix = "simulate:"

    /// The script that a request asks for; nil without one.
    static func requested(by document: JSONTree) throws(ProviderRefusal) -> Script? {
        guard let text = document["variable3"]?.text, text.hasPrefix(prefix) else { return nil }
        guard let script = Script(rawValue: String(text.dropFirst(prefix.count))) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("variable3 begins with simulate: but names none of \(known)")
        }
        return script
    }

    /// The fault of the order's first call; nil for scripts that are no faults.
    func fault(_ configuration: SimulatorConfiguration) -> DrawnFault? {
        switch self {
        case .decline, .configFault, .paid: nil
        case .unavailableOnce: DrawnFault(fault: .http(503, retryAfter: nil), isOpened: false)
        case .maintenanceOnce: DrawnFault(fault: .code(333), isOpened: false)
        case .internalOnce: DrawnFault(fault: .code(-1), isOpened: false)
        case .resetBeforeOnce: DrawnFault(fault: .resetBefore, isOpened: false)
        case .resetOnce: DrawnFault(fault: .resetAfter, isOpened: true)
        case .hangOnce: DrawnFault(fault: .hang, isOpened: true)
        case .lateOnce: DrawnFault(fault: .late(configuration.lateAfter), isOpened: true)
        case .heldOnce: DrawnFault(fault: .held(configuration.heldFor), isOpened: true)
        case .badSignatureOnce: DrawnFault(fault: .badSignature, isOpened: true)
        case .wrongEchoOnce: DrawnFault(fault: .wrongEcho, isOpened: true)
        }
    }
}
