/// Words to look for in the provider's error texts, which differ between its two sites.
///
/// `a b | c` matches a text that has both `a` and `b`, or `c`: in any order, in either case, as whole words of letters,
/// digits and `_`. A word that ends in `*` matches words that begin so. An empty pattern matches every text.
package struct TextPattern: Equatable, Sendable, ExpressibleByStringLiteral {
    package var text: String
    private let alternatives: [[Word]]

    private struct Word: Equatable, Sendable {
        var bytes: [UInt8]
        var isStem: Bool
    }

    package init(_ text: String) {
        self.text = text
        alternatives = text.split(separator: "|").map { alternative in
            alternative.split(separator: " ").map { word in
                let isStem = word.hasSuffix("*")
                return Word(bytes: (isStem ? word.dropLast() : word).utf8.map(lowercased), isStem: isStem)
            }
        }
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    package func matches(_ text: [UInt8]) -> Bool {
        guard !alternatives.isEmpty else { return true }
        let lowered = text.map(lowercased)
        return alternatives.contains { $0.allSatisfy { holds($0, in: lowered) } }
    }

    private func holds(_ word: Word, in text: [UInt8]) -> Bool {
        guard !word.bytes.isEmpty, text.count >= word.bytes.count else { return false }
        return (0...text.count - word.bytes.count).contains { start in
            let end = start + word.bytes.count
            guard start == 0 || !isWordCharacter(text[start - 1]) else { return false }
            guard word.isStem || end == text.count || !isWordCharacter(text[end]) else { return false }
            return text[start..<end].elementsEqual(word.bytes)
        }
    }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
}

private func isWordCharacter(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(lowercased(byte)) || byte == 0x5F || byte >= 0x80
}
