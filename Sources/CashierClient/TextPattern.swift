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

    /// What is wrong with a pattern, as the end of a sentence that begins with its name; nil when it can be used.
    package static func fault(_ text: String) -> String? {
        if text.isEmpty { return nil }
        if text.utf8.count > 256 { return "must be at most 256 bytes" }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return "must be one line without control characters"
        }
        for alternative in text.split(separator: "|", omittingEmptySubsequences: false) {
            let words = alternative.split(separator: " ")
            guard !words.isEmpty else { return "has an empty side of a |, which would match every text" }
            for word in words where word.dropLast().contains("*") || word == "*" {
                return "has * elsewhere than at the end of a word: write limit* for words that begin with limit"
            }
        }
        return nil
    }

    /// Whether every text matches.
    package var isForAny: Bool { alternatives.isEmpty }

    /// A text for each alternative that matches it.
    package var samples: [[UInt8]] {
        alternatives.map { words in Array(words.map(\.bytes).joined(separator: [0x20])) }
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
