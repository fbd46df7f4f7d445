import Terminal

/// Text of somebody else's for a terminal: what a terminal might act on is written by its number, and lines stay lines.
/// Pure.
enum EscapedText {
    static func of(_ text: String) -> String {
        text.unicodeScalars.map { scalar -> String in
            let isLayout = scalar == "\t" || scalar == "\n"
            guard scalar.actsOnTerminals, !isLayout else { return String(scalar) }
            return "\\u{\(String(scalar.value, radix: 16))}"
        }.joined()
    }
}
