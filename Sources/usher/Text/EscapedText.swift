/// Text of somebody else's for a terminal: what a terminal might act on is written by its number, and lines stay lines.
/// Pure.
enum EscapedText {
    static func of(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            isHarmless(scalar.value) ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }.joined()
    }

    /// Neither a control character, nor a mark that ends a line or turns the direction of writing.
    private static func isHarmless(_ value: UInt32) -> Bool {
        switch value {
        case 0x09, 0x0A: true
        case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: false
        case _: true
        }
    }
}
