/// How long repeats wait that the budget refused: one after another, as there will be tokens for them. Where that would
/// take too long they are spread evenly over the longest pause instead, so that they are not all asked again at once.
package struct RefusedRepeats: Equatable, Sendable {
    package static let shortest = Duration.seconds(2)
    /// By then the provider may be well again, and each repeat gives back the token that it took.
    package static let longest = Duration.seconds(300)
    /// Steps of this part of a span fill it evenly, however many there are.
    private static let step = 0.618_033_988_749_895

    /// The uptime at which the last of them comes again.
    private var until = Duration.zero
    /// Where in the longest pause the last one is for which there was no token within it, from 0 to 1.
    private var part = 0.0

    package init() {}

    /// How long a repeat waits that was refused at `uptime` (monotonic, from any fixed origin).
    ///
    /// - Parameter tokensPerSecond: above zero.
    package mutating func pause(at uptime: Duration, tokensPerSecond: Double) -> Duration {
        precondition(tokensPerSecond > 0, "repeats that would wait for ever")
        let each = Duration.microseconds(Int64(1_000_000 / tokensPerSecond))
        until = max(uptime + Self.shortest, until + each)
        guard until > uptime + Self.longest else { return until - uptime }
        until = uptime + Self.longest
        part = (part + Self.step).truncatingRemainder(dividingBy: 1)
        let span = Double((Self.longest - Self.shortest).wholeMicroseconds)
        return Self.shortest + .microseconds(Int64(span * part))
    }
}
