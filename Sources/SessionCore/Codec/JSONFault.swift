/// Why bytes are not JSON as Usher takes it, and where.
package struct JSONFault: Error, Equatable, Sendable {
    /// The raw value is the verdict word of `docs/contracts/reasons.md`.
    package enum Kind: String, CaseIterable, Sendable {
        /// An object has the same key twice; parsers disagree on which one counts.
        case dupKey = "dup_key"
        /// U+0000, escaped or not: Postgres cannot hold it in text.
        case nul
        /// Not plain UTF-8: invalid or overlong sequences, lone surrogates, a byte order mark, UTF-16, UTF-32.
        case utf8
        /// Not JSON by RFC 8259.
        case syntax
        /// Objects and arrays are nested too deeply.
        case depth
        /// Too many keys in total.
        case keys
        /// Too many bytes.
        case size
    }

    package var kind: Kind
    /// The byte at fault, counted from 0. For `size` the first byte that is too many.
    package var offset: Int

    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// How much a scanner takes.
package struct JSONLimits: Equatable, Sendable {
    /// Bytes of the whole text.
    package var size: Int
    /// Objects and arrays that are open at once.
    package var depth: Int
    /// Keys in all objects together.
    package var keys: Int

    package init(size: Int, depth: Int, keys: Int) {
        self.size = size
        self.depth = depth
        self.keys = keys
    }

    /// A job record, and the canonical body made of one: 64 KiB, depth 16, 64 keys.
    package static let job = JSONLimits(size: 65_536, depth: 16, keys: 64)
    /// A reply of the provider: 64 KiB, with room for keys that are not known yet.
    package static let reply = JSONLimits(size: 65_536, depth: 16, keys: 1_024)
    /// A result value: holds a reply's URL, which may fill a reply, with escapes.
    package static let result = JSONLimits(size: 524_288, depth: 16, keys: 128)
}
