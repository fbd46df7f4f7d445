/// UTF-8 sequences of more than one byte, by table 3-7 of the Unicode standard.
enum UTF8Sequence {
    /// How many bytes the well-formed sequence at `offset` has, 2 to 4; nil for anything else, ASCII included:
    /// overlong forms, surrogates, values above U+10FFFF, stray or missing continuation bytes.
    static func length(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[offset] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        case _: return nil
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return nil }
        for place in offset + 2..<offset + length where bytes[place] & 0xC0 != 0x80 { return nil }
        return length
    }

    /// Writes a scalar value, which must not be a surrogate, at `count`, and moves that on.
    static func append(_ scalar: UInt32, to bytes: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
        func add(_ byte: UInt32) {
            bytes[count] = UInt8(truncatingIfNeeded: byte)
            count += 1
        }
        func addContinuation(_ shift: UInt32) { add(0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case 0..<0x80: add(scalar)
        case 0x80..<0x800:
            add(0xC0 | scalar >> 6)
            addContinuation(0)
        case 0x800..<0x10000:
            add(0xE0 | scalar >> 12)
            addContinuation(6)
            addContinuation(0)
        case _:
            add(0xF0 | scalar >> 18)
            addContinuation(12)
            addContinuation(6)
            addContinuation(0)
        }
    }
}
