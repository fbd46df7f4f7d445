/// Whole numbers as digits, written where they are wanted.
package enum DecimalText {
    /// The most that `write` writes.
    package static let bytesMax = 20

    /// Writes `value` in plain decimal and returns how many bytes it took.
    package static func write(_ value: Int64, to text: UnsafeMutablePointer<UInt8>) -> Int {
        var digits = 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        let sign = value < 0 ? 1 : 0
        if value < 0 { text.pointee = UInt8(ascii: "-") }
        rest = value.magnitude
        for place in stride(from: sign + digits - 1, through: sign, by: -1) {
            text[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return sign + digits
    }
}
