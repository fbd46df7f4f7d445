/// The bounds of the HTTP client.
package struct HTTPLimits: Equatable, Sendable {
    /// Requests in flight, and so connections; more requests wait in order.
    package var inFlightMax = 256
    /// Of these, how many patient requests leave to others, whatever waits.
    package var reserve = 0
    /// A connection idle for longer is closed. Below the usual 60–75 s after which servers hang up.
    package var idleSecondsMax = 30
    /// A connection older than this is not used again, and what a name resolves to and the trusted authorities are read
    /// anew after it, so that changes of both take effect.
    package var connectionSecondsMax = 300
    /// How long a request may wait for its first byte to go out, with connecting; then it is not sent.
    package var waitMax: Duration = .seconds(10)
    package var replyBytesMax = 64 * 1024
    /// Status lines and header lines of a reply, interim ones and trailers included.
    package var headerBytesMax = 16 * 1024

    package init() {}
}
