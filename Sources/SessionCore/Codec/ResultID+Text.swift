extension ResultID {
    /// Reads the text form: 32 hexadecimal digits in either case, with dashes where a UUID has them.
    package init?(text: String) {
        var text = text
        guard let id = text.withUTF8({ ResultID($0) }) else { return nil }
        self = id
    }

    private init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count == Self.textBytes else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in text.indices {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard text[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch text[index] {
            case 0x30...0x39: digit = text[index] - 0x30
            case 0x41...0x46: digit = text[index] - 0x41 + 10
            case 0x61...0x66: digit = text[index] - 0x61 + 10
            case _: return nil
            }
            // 32 digits go through: those of the first half end up there.
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        self.init(high: high, low: low)
    }
}
