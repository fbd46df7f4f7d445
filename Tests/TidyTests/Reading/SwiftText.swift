/// Swift source, taken apart far enough for rules: code without comments and texts, and the texts by themselves.
///
/// Lines and columns of `code` are those of the file, so that a rule can say where. What stands in an interpolation is
/// code. Regex literals are not known; the sources have none.
struct SwiftText {
    /// A string literal without its quotes.
    struct Literal: Equatable {
        /// Counts from 1.
        var line: Int
        var text: String
    }

    /// Every line with comments and contents of literals as spaces.
    private(set) var code: [String] = []
    private(set) var literals: [Literal] = []
    /// Lines that hold a comment, counted from 1.
    private(set) var commentLines: Set<Int> = []

    private var source: ArraySlice<Character>
    private var line = 1
    private var current = ""

    init(_ text: String) {
        source = Array(text)[...]
        readCode(untilParenthesis: false)
        code.append(current)
    }

    private func starts(_ text: String) -> Bool {
        source.starts(with: text)
    }

    /// Takes one character into the code, as itself or as a space.
    private mutating func take(asCode: Bool) -> Character? {
        guard let character = source.popFirst() else { return nil }
        if character == "\n" {
            code.append(current)
            current = ""
            line += 1
        } else {
            current.append(asCode ? character : " ")
        }
        return character
    }

    private mutating func take(_ count: Int, asCode: Bool) {
        for _ in 0..<count { _ = take(asCode: asCode) }
    }

    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while let next = source.first {
            if starts("//") {
                readLineComment()
            } else if starts("/*") {
                readBlockComment()
            } else if next == "\"" || (next == "#" && hashesBeforeQuote != nil) {
                readLiteral()
            } else {
                if next == "(" { depth += 1 }
                if next == ")" {
                    if untilParenthesis, depth == 0 { return }
                    depth -= 1
                }
                _ = take(asCode: true)
            }
        }
    }

    private mutating func readLineComment() {
        commentLines.insert(line)
        while let next = source.first, next != "\n" { _ = take(asCode: false) }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            commentLines.insert(line)
            if starts("/*") {
                depth += 1
                take(2, asCode: false)
            } else if starts("*/") {
                depth -= 1
                take(2, asCode: false)
            } else {
                _ = take(asCode: false)
            }
        } while depth > 0 && !source.isEmpty
    }

    /// How many `#` stand before a quote here; nil when none is followed by one.
    private var hashesBeforeQuote: Int? {
        let hashes = source.prefix { $0 == "#" }.count
        return source.dropFirst(hashes).first == "\"" ? hashes : nil
    }

    private mutating func readLiteral() {
        let hashes = hashesBeforeQuote ?? 0
        take(hashes, asCode: true)
        let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
        take(quotes.count, asCode: true)
        let end = quotes + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        var literal = Literal(line: line, text: "")
        while !source.isEmpty, !starts(end) {
            if starts(escape + "(") {
                take(escape.count + 1, asCode: true)
                readCode(untilParenthesis: true)
                _ = take(asCode: true)
                literal.text += "…"
            } else if starts(escape) {
                take(escape.count, asCode: false)
                if let character = take(asCode: false) { literal.text.append(character) }
            } else if let character = take(asCode: false) {
                literal.text.append(character)
                // An unfinished literal ends with its line.
                if character == "\n", quotes.count == 1 { break }
            }
        }
        if starts(end) { take(end.count, asCode: true) }
        literals.append(literal)
    }
}

extension Character {
    /// Whether it can be part of a name.
    var isNamePart: Bool { isLetter || isNumber || self == "_" }
}

extension String {
    /// Whether `word` stands in the text, not as a part of a longer name. The ends of `word` that are no name parts
    /// themselves need no border.
    func holds(word: String, notAfterDot: Bool = false) -> Bool {
        let text = Array(self)
        let part = Array(word)
        guard let first = part.first, let last = part.last, text.count >= part.count else { return false }
        for start in 0...(text.count - part.count) where text[start] == first && text[start...].starts(with: part) {
            let before = start > 0 ? text[start - 1] : " "
            let after = start + part.count < text.count ? text[start + part.count] : " "
            let isBordered = !(first.isNamePart && before.isNamePart) && !(last.isNamePart && after.isNamePart)
            if isBordered, !(notAfterDot && before == ".") { return true }
        }
        return false
    }

    /// Spaces at the beginning.
    var indentation: Int { prefix { $0 == " " }.count }

    var isBlank: Bool { allSatisfy { $0 == " " } }
}
