import Cryptography

/// What must be known before an origin can be connected to. Made off the loop's thread, because it blocks.
struct HTTPPreparation: Sendable {
    /// Makes one, blocking; tests put theirs in place of the system's.
    typealias Maker = @Sendable (HTTPOrigin) -> Result<HTTPPreparation, HTTPFailure>

    let addresses: [SocketAddress]
    /// Nil for plain HTTP.
    let context: TLSClientContext?

    /// Resolves the name and reads the trusted authorities.
    static func make(for origin: HTTPOrigin) -> Result<HTTPPreparation, HTTPFailure> {
        switch SocketAddress.resolve(origin.host, port: origin.port) {
        case .failure(let failure): .failure(failure)
        case .success(let addresses): make(for: origin, addresses)
        }
    }

    /// Without blocking, where that is possible: for an address in numbers over plain HTTP. Nil otherwise.
    static func makeAtOnce(for origin: HTTPOrigin) -> HTTPPreparation? {
        guard !origin.isSecure,
            case .success(let addresses) = SocketAddress.resolve(origin.host, port: origin.port, isNumeric: true)
        else { return nil }
        return try? make(for: origin, addresses).get()
    }

    private static func make(
        for origin: HTTPOrigin,
        _ addresses: [SocketAddress]
    ) -> Result<HTTPPreparation, HTTPFailure> {
        guard origin.isSecure else {
            // A name may lead elsewhere than it says, and nothing but the machine's own network is trusted unencrypted.
            let loopback = addresses.filter(\.isLoopback)
            guard !loopback.isEmpty else {
                return .failure(
                    HTTPFailure(code: "protocol", detail: "plain HTTP is spoken on this machine only; use https")
                )
            }
            return .success(HTTPPreparation(addresses: loopback, context: nil))
        }
        guard let context = TLSClientContext(authorityFile: origin.authorityFile) else {
            let file = origin.authorityFile == nil ? "the system's" : "the account's authority file's"
            return .failure(
                HTTPFailure(code: "tls", detail: "\(file) trusted certificates cannot be read; check that they are PEM")
            )
        }
        return .success(HTTPPreparation(addresses: addresses, context: context))
    }
}
