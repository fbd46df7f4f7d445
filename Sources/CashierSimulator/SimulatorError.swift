import HTTPServer

/// The simulator cannot listen.
package enum SimulatorError: Error, Equatable, CustomStringConvertible {
    /// `host` is not an IPv4 address in dotted form.
    case notAnAddress(String)
    /// The system refused; `reason` is its text.
    case cannotListen(host: String, port: Int, reason: String)

    init(_ error: ListenError) {
        switch error {
        case .notAnAddress(let host): self = .notAnAddress(host)
        case .cannotListen(let host, let port, let reason):
            self = .cannotListen(host: host, port: port, reason: reason)
        }
    }

    package var description: String {
        switch self {
        case .notAnAddress(let host):
            "the simulator's host \(host) is not an IPv4 address; use 127.0.0.1 or 0.0.0.0"
        case .cannotListen(let host, let port, let reason):
            "the simulator cannot listen on \(host):\(port): \(reason); choose another port, or 0 for any free one"
        }
    }
}
