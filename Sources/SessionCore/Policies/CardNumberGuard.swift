/// Finds what looks like a card number, so that no such thing is ever stored.
package enum CardNumberGuard {
    /// Whether `text` (UTF-8) holds 13 to 19 digits that pass the Luhn check, do not begin with 0 and are not part of a
    /// longer run of digits. Groups of digits may be joined by up to three spaces, no-break spaces, dashes or dots.
    package static func findsCardNumber(in text: some RandomAccessCollection<UInt8>) -> Bool {
        let found = text.withContiguousStorageIfAvailable { findsCardNumber(in: $0) }
        return found ?? Array(text).withUnsafeBufferPointer { findsCardNumber(in: $0) }
    }

    static func findsCardNumber(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= 13 else { return false }
        var digitCount = 0
        for byte in text where isDigit(byte) { digitCount += 1 }
        return digitCount >= 13 && search(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    private static func search(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var run = DigitRun()
        var index = 0
        while index < text.count {
            if isDigit(text[index]) {
                run.append(text[index] - 0x30)
                index += 1
                continue
            }
            let length = separatorLength(at: index, in: text)
            if length > 0, run.separate() {
                index += length
            } else {
                if run.holdsCardNumber() { return true }
                run.removeAll()
                index += max(length, 1)
            }
        }
        return run.holdsCardNumber()
    }

    /// The bytes of the separator at `index`: space, dash, dot, U+00A0, U+2000–U+2015, U+202F; 0 if there is none.
    private static func separatorLength(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
        switch text[index] {
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."):
            return 1
        case 0xC2:
            return index + 1 < text.count && text[index + 1] == 0xA0 ? 2 : 0
        case 0xE2:
            guard index + 2 < text.count, text[index + 1] == 0x80 else { return 0 }
            return (0x80...0x95).contains(text[index + 2]) || text[index + 2] == 0xAF ? 3 : 0
        case _:
            return 0
        }
    }
}

/// Digits in groups: `12/25 4111 1111 1111 1111` has the card number in four of its five.
private struct DigitRun {
    private var digits: [UInt8] = []
    /// Where groups begin in `digits`.
    private var groups: [Int] = []
    private var separators = 0

    mutating func append(_ digit: UInt8) {
        if separators > 0 || digits.isEmpty { groups.append(digits.count) }
        separators = 0
        digits.append(digit)
    }

    /// Whether one more separator still joins the groups around it.
    mutating func separate() -> Bool {
        separators += 1
        return !digits.isEmpty && separators <= 3
    }

    mutating func removeAll() {
        digits.removeAll(keepingCapacity: true)
        groups.removeAll(keepingCapacity: true)
        separators = 0
    }

    func holdsCardNumber() -> Bool {
        guard digits.count >= 13 else { return false }
        let bounds = groups + [digits.count]
        for first in groups.indices where digits[bounds[first]] != 0 {
            for bound in bounds[(first + 1)...] {
                let length = bound - bounds[first]
                if length > 19 { break }
                if length >= 13, passesLuhn(digits[bounds[first]..<bound]) { return true }
            }
        }
        return false
    }

    private func passesLuhn(_ digits: ArraySlice<UInt8>) -> Bool {
        var sum = 0
        for (position, digit) in digits.reversed().enumerated() {
            let doubled = Int(digit) * 2
            sum += position % 2 == 0 ? Int(digit) : doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }
}
