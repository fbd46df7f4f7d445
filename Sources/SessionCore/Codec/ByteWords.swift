/// Looks at eight bytes of text at once.
package enum ByteWords {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The first offset, from `start` on, of a byte that a JSON string cannot hold as it is: a control character, a
    /// quote, a backslash, and with `stopsAtNonASCII` everything from 0x80. `text.count` if there is none.
    @inline(__always)
    static func firstSpecial(in text: UnsafeBufferPointer<UInt8>, from start: Int, stopsAtNonASCII: Bool) -> Int {
        var offset = start
        while offset + 8 <= text.count {
            let word = load(text, at: offset)
            var marks = below20(word) | equal(word, 0x22) | equal(word, 0x5C)
            if stopsAtNonASCII { marks |= word & tops }
            if marks != 0 { return offset + marks.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < text.count {
            let byte = text[offset]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || (stopsAtNonASCII && byte >= 0x80) { return offset }
            offset += 1
        }
        return offset
    }

    /// Whether every byte is visible ASCII or a space.
    @inline(__always)
    package static func isPrintableASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var offset = 0
        var marks: UInt64 = 0
        while offset + 8 <= text.count {
            marks |= marksOfUnprintable(load(text, at: offset))
            offset += 8
        }
        if offset < text.count, text.count >= 8 {
            // The last eight, some of which were looked at already.
            marks |= marksOfUnprintable(load(text, at: text.count - 8))
        } else {
            while offset < text.count {
                let byte = text[offset]
                if byte < 0x20 || byte >= 0x7F { return false }
                offset += 1
            }
        }
        return marks == 0
    }

    @inline(__always)
    private static func marksOfUnprintable(_ word: UInt64) -> UInt64 {
        below20(word) | equal(word, 0x7F) | (word & tops)
    }

    static func contains(_ byte: UInt8, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let wanted = UInt64(byte)
        var offset = 0
        var marks: UInt64 = 0
        while offset + 8 <= text.count {
            marks |= equal(load(text, at: offset), wanted)
            offset += 8
        }
        return marks != 0 || text[offset...].contains(byte)
    }

    package static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var offset = 0
        while offset + 8 <= left.count {
            if load(left, at: offset) != load(right, at: offset) { return false }
            offset += 8
        }
        while offset < left.count {
            if left[offset] != right[offset] { return false }
            offset += 1
        }
        return true
    }

    /// The same for equal texts. Who does not know `seed` cannot say for which others.
    static func hash(_ text: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt32 {
        var hash = seed
        var offset = 0
        while offset + 8 <= text.count {
            hash = mixed(hash ^ load(text, at: offset))
            offset += 8
        }
        if offset < text.count { hash = mixed(hash ^ end(of: text)) }
        // The length comes last: before, a byte could make up for it whatever the seed is.
        return UInt32(truncatingIfNeeded: (hash ^ hash >> 32) &+ UInt64(truncatingIfNeeded: text.count))
    }

    /// The last eight bytes, some of which may have been looked at already; every byte of a text that has fewer.
    @inline(__always)
    private static func end(of text: UnsafeBufferPointer<UInt8>) -> UInt64 {
        if text.count >= 8 { return load(text, at: text.count - 8) }
        if text.count >= 4 { return loadHalf(text, at: 0) << 32 | loadHalf(text, at: text.count - 4) }
        return UInt64(text[0]) << 16 | UInt64(text[text.count / 2]) << 8 | UInt64(text[text.count - 1])
    }

    @inline(__always)
    private static func mixed(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    @inline(__always)
    private static func loadHalf(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt64 {
        let half = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        return UInt64(UInt32(littleEndian: half))
    }

    /// The first byte is the lowest of the word.
    @inline(__always)
    private static func load(_ text: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    // The top bit of every byte that fits. A byte above one that fits may be marked wrongly, by the borrow; the lowest
    // mark and whether there is any are right.

    @inline(__always)
    private static func below20(_ word: UInt64) -> UInt64 {
        (word &- ones &* 0x20) & ~word & tops
    }

    @inline(__always)
    private static func equal(_ word: UInt64, _ byte: UInt64) -> UInt64 {
        let difference = word ^ (ones &* byte)
        return (difference &- ones) & ~difference & tops
    }
}
