/// What a setting may hold.
package enum SettingType: Equatable, Sendable {
    case text(TextRule)
    case integer(ClosedRange<Int>)
    /// A share, written `10%`.
    case percent(ClosedRange<Int>)
    /// A whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`.
    case duration(ClosedRange<Duration>)
    /// Bytes, written `512KiB`, `16MiB`.
    case size(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// One word of a closed list.
    case choice([String])
    /// The absolute path of a file that may be read by anyone, such as a certificate.
    case file
    /// The absolute path of a file with one secret on one line.
    case secretFile
    /// The absolute path of a file of secrets with lines of its own format.
    case keyFile
    /// At least one text.
    case texts(TextRule)
    /// Words of a closed list, at least one.
    case choices([String])
    /// Durations in the order of their use, at least one, at most 20.
    case durations(ClosedRange<Duration>)
    /// Names of a C library's properties and their values.
    case properties
    /// Currency codes and their number of decimal places.
    case exponents
    /// A list whose elements have keys of their own.
    case items
}

/// What a text may look like. Lengths are in bytes of UTF-8.
package enum TextRule: Equatable, Sendable {
    /// Printable text of 1 to the given number of bytes.
    case line(Int)
    /// Letters, digits, `.`, `_` and `-`, at most 249: what Kafka takes as a topic or a group.
    case name
    /// An `https://` (or `http://`) URL with a host, without a user, a query or a fragment.
    case url
    /// `host:port`.
    case hostAndPort
    /// A host name or an IP address, alone or as `host:port`.
    case hostOrHostAndPort
    /// A host name, an IP address, or the absolute path of a socket folder; or several, with commas between them.
    case hosts
    /// 3 to 10 upper-case letters and digits.
    case currency
    /// `ll-CC`, as in `en-GB`.
    case locale
    /// RFC 3339, as in `2026-11-21T09:00:00Z`.
    case moment
}

/// A value that was read and found right.
enum SettingValue: Equatable, Sendable {
    case text(String)
    case number(Int)
    case duration(Duration)
    case flag(Bool)
    case texts([String])
    case durations([Duration])
    case properties([String: String])
    case exponents([String: Int])
}
