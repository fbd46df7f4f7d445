/// How jobs are laid out in the input, judged by its beginning. Pure.
enum InputShape: Equatable, Sendable {
    /// One JSON object a line.
    case lines
    /// One object over several lines, which is the whole input.
    case object
    /// Only white space.
    case nothing
    /// Something else; what it is and what to do.
    case refused(String)

    /// How much of the input `init` wants to see: more than the largest job, so that one over several lines is seen
    /// whole.
    static let headBytes = 128 << 10

    /// - Parameter isWhole: whether `head` is all there is.
    init(head: [UInt8], isWhole: Bool) {
        guard let start = head.firstIndex(where: { !Self.isBlank($0) }) else {
            self = isWhole ? .nothing : .lines
            return
        }
        if head[start] == UInt8(ascii: "[") {
            self = .refused("is a JSON array; write one object a line, as `jq -c '.[]' FILE` does")
            return
        }
        let lineEnd = head[start...].firstIndex(of: 0x0A) ?? head.count
        guard head[start] == UInt8(ascii: "{"), lineEnd < head.count, Self.end(of: head[start..<lineEnd]) == nil else {
            self = .lines
            return
        }
        let isSpread = Self.isSpread(head, start..<lineEnd)
        guard let end = Self.end(of: head[start...]) else {
            // Not closed: where it looks like an object over several lines, the check of it tells what is wrong.
            self = !isSpread ? .lines : isWhole ? .object : .refused(Self.several)
            return
        }
        let isAlone = isWhole && head[end...].allSatisfy(Self.isBlank)
        self = isAlone ? .object : isSpread ? .refused(Self.several) : .lines
    }

    private static let several =
        "holds objects over several lines, more than one or larger than 64 KiB; "
        + "write one a line, as `jq -c . FILE` does"

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    /// Whether the first line ends where somebody who writes an object over several lines would end it.
    private static func isSpread(_ head: [UInt8], _ line: Range<Int>) -> Bool {
        guard let last = head[line].last(where: { !isBlank($0) }) else { return false }
        let following = head[line.upperBound...].first { !isBlank($0) }
        switch last {
        case UInt8(ascii: "["), UInt8(ascii: ":"): return true
        // A line that was cut off after a comma is followed by the next object, not by a key.
        case UInt8(ascii: "{"), UInt8(ascii: ","):
            return following == UInt8(ascii: "\"") || following == UInt8(ascii: "}")
        case _: return false
        }
    }

    /// The index after the bracket that closes the first one; nil where none does. Knows strings, checks nothing else.
    private static func end(of text: ArraySlice<UInt8>) -> Int? {
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in zip(text.indices, text) {
            if isInString {
                if byte == 0x0A { return nil }
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            case _: break
            }
        }
        return nil
    }
}
