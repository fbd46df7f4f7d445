/// A moment of wall-clock time in microseconds since 1970-01-01T00:00:00Z, the resolution of Postgres.
///
/// Leases, schedules and signatures use the database's clock, so most values of this type come from there.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    /// Whole seconds since the epoch, rounded down: never later than the moment itself.
    package var seconds: Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    package func advanced(by duration: Duration) -> Timestamp {
        Timestamp(microseconds: microseconds + duration.wholeMicroseconds)
    }

    package func duration(to other: Timestamp) -> Duration {
        .microseconds(other.microseconds - microseconds)
    }
}

extension Duration {
    /// The duration in microseconds, truncated towards zero.
    package var wholeMicroseconds: Int64 {
        // Asked for once: it divides 128 bits.
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// The duration in milliseconds, truncated towards zero.
    package var wholeMilliseconds: Int64 {
        wholeMicroseconds / 1_000
    }
}
