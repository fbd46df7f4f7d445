/// How much a server takes from its clients. A limit of time that is nil does not exist.
package struct HTTPLimits: Equatable, Sendable {
    /// Beyond it, connections wait in the system's queue until one is closed. With `idleTimeout`, the longest idle one
    /// is closed for a newcomer, else one that asks more than its turn has time for; with `requestTimeout` too, else
    /// one whose request has not come within a second.
    package var connectionsMax: Int
    /// Bytes of a request's line and headers.
    package var headBytesMax = 16 * 1024
    /// Bytes of a request's body.
    package var bodyBytesMax = 256 * 1024
    /// From a connection's beginning, or a request's first byte, to the request's last byte, however the bytes drip.
    package var requestTimeout: Duration?
    /// Between an answer and the next request.
    package var idleTimeout: Duration?
    /// From an answer's first byte to its last.
    package var sendTimeout: Duration?

    package init(connectionsMax: Int) {
        self.connectionsMax = connectionsMax
    }
}
