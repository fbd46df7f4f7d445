import SessionCore

/// Which bytes may stand where in HTTP/1.1 (RFC 9110 section 5, RFC 9112).
enum HTTPSyntax {
    /// A letter, a digit or one of ``!#$%&'*+-.^_`|~``: one bit for each of the 128 characters.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let bits: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 128 && bits >> UInt64(byte & 63) & 1 == 1
    }

    /// Printable, blank, tab, or beyond ASCII: all that may stand in a header's value.
    @inline(__always)
    static func isText(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    @inline(__always)
    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    static func isHeader(name: String, value: String) -> Bool {
        guard !name.isEmpty else { return false }
        for byte in name.utf8 where !isToken(byte) { return false }
        return isValue(value)
    }

    /// Whether it may stand in a header as its value.
    static func isValue(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { areText(UnsafeRawBufferPointer($0)) }
    }

    /// Whether all of them may stand in a header's value; nearly always they are printable.
    static func areText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.withMemoryRebound(to: UInt8.self) { ByteWords.isPrintableASCII($0) || $0.allSatisfy(isText) }
    }

    /// Whether `bytes` are `word`, which is in lower case, in any case of letters.
    static func isEqual(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where lowercase(bytes[index]) != word.utf8Start[index] { return false }
        return true
    }

    /// Without the blanks on both sides.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
