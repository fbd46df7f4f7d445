/// Pulls values out of JSON text, strictly by RFC 8259 and in plain UTF-8, without building a tree.
///
/// ```
/// var scanner = try JSONScanner(bytes, limits: .reply)
/// guard case .object = try scanner.value() else { … }
/// while let key = try scanner.nextKey() {
///     let value = try scanner.value()
///     if scanner.text(key, is: "status"), case .number(let number) = value { … } else { try scanner.skip(value) }
/// }
/// try scanner.finish()
/// ```
///
/// Every byte is checked before `finish()` returns, also inside values that were skipped. After a fault the scanner
/// must not be used again. Asking out of turn (a key where a value is due) is a mistake in the program and traps.
package struct JSONScanner: Sendable {
    /// The text being read.
    package let bytes: [UInt8]
    private let limits: JSONLimits
    private var index = 0
    /// Whether the next thing to read is a value: at the start, after a key, after `nextElement()`.
    private var isValueDue = true
    private var containers: [Container] = []
    /// The keys of the open objects, innermost last.
    private var openKeys: [SeenKey] = []
    private var keyCount = 0

    private struct Container {
        let isObject: Bool
        /// Where this object's keys begin in `openKeys`.
        let firstKey: Int
        var isEmpty = true
    }

    private struct SeenKey {
        /// Spares most comparisons.
        let mark: Int
        let text: JSONText
    }

    /// Throws `size`, and `utf8` for a byte order mark, UTF-16 and UTF-32, before anything is read.
    package init(_ bytes: [UInt8], limits: JSONLimits) throws(JSONFault) {
        guard bytes.count <= limits.size else { throw JSONFault(.size, at: limits.size) }
        // JSON text begins with an ASCII character, so a NUL among its first bytes means wider code units.
        for (offset, byte) in bytes.prefix(4).enumerated() where byte == 0 { throw JSONFault(.utf8, at: offset) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONFault(.utf8, at: 0) }
        self.bytes = bytes
        self.limits = limits
        openKeys.reserveCapacity(min(limits.keys, 64))
    }

    /// Reads the value that is due. Objects and arrays are entered, not read.
    package mutating func value() throws(JSONFault) -> JSONValue {
        precondition(isValueDue, "no value is due")
        skipWhitespace()
        guard index < bytes.count else { throw JSONFault(.syntax, at: index) }
        isValueDue = false
        switch bytes[index] {
        case UInt8(ascii: "\""): return .string(try readText())
        case UInt8(ascii: "{"): return try enter(isObject: true)
        case UInt8(ascii: "["): return try enter(isObject: false)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try readNumber())
        case _: throw unexpected()
        }
    }

    /// The next key of the innermost object, whose value is then due; nil once the object has ended.
    package mutating func nextKey() throws(JSONFault) -> JSONText? {
        guard try moveOn(isObject: true) else { return nil }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw unexpected() }
        let offset = index
        let key = try readText()
        keyCount += 1
        guard keyCount <= limits.keys else { throw JSONFault(.keys, at: offset) }
        try remember(key, at: offset)
        skipWhitespace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw unexpected() }
        index += 1
        isValueDue = true
        return key
    }

    /// Whether the innermost array has another element, which is then due.
    package mutating func nextElement() throws(JSONFault) -> Bool {
        isValueDue = try moveOn(isObject: false)
        return isValueDue
    }

    /// Reads and checks what is left of a value that `value()` returned.
    package mutating func skip(_ value: JSONValue) throws(JSONFault) {
        switch value {
        case .object: while try nextKey() != nil { try skipValue() }
        case .array: while try nextElement() { try skipValue() }
        case .string, .number, .bool, .null: break
        }
    }

    /// Reads and checks the value that is due. Nesting is bounded by `limits.depth`.
    package mutating func skipValue() throws(JSONFault) {
        try skip(value())
    }

    /// Makes sure that nothing but white space follows the outermost value.
    package mutating func finish() throws(JSONFault) {
        precondition(containers.isEmpty && !isValueDue, "the outermost value was not read to its end")
        skipWhitespace()
        guard index == bytes.count else { throw unexpected() }
    }
}

// MARK: Structure

extension JSONScanner {
    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            case _: return
            }
        }
    }

    private mutating func enter(isObject: Bool) throws(JSONFault) -> JSONValue {
        guard containers.count < limits.depth else { throw JSONFault(.depth, at: index) }
        index += 1
        containers.append(Container(isObject: isObject, firstKey: openKeys.count))
        return isObject ? .object : .array
    }

    /// Goes past the comma to the next member of the innermost container, or past its end: then returns false.
    private mutating func moveOn(isObject: Bool) throws(JSONFault) -> Bool {
        let last = containers.count - 1
        precondition(last >= 0 && containers[last].isObject == isObject && !isValueDue, "not in such a container")
        skipWhitespace()
        guard index < bytes.count else { throw JSONFault(.syntax, at: index) }
        if bytes[index] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            index += 1
            openKeys.removeLast(openKeys.count - containers[last].firstKey)
            containers.removeLast()
            return false
        }
        if containers[last].isEmpty {
            containers[last].isEmpty = false
            return true
        }
        guard bytes[index] == UInt8(ascii: ",") else { throw unexpected() }
        index += 1
        skipWhitespace()
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index < bytes.count, bytes[index] == word.utf8Start[offset] else { throw unexpected() }
            index += 1
        }
        return value
    }

    private mutating func readNumber() throws(JSONFault) -> JSONNumber {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        return JSONNumber(start: start, end: index)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func takeDigits() throws(JSONFault) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw unexpected() }
    }

    /// Refuses a key that the innermost object has already.
    private mutating func remember(_ key: JSONText, at offset: Int) throws(JSONFault) {
        let mark = mark(key)
        var index = containers[containers.count - 1].firstKey
        while index < openKeys.count {
            if openKeys[index].mark == mark, utf8(openKeys[index].text) == utf8(key) {
                throw JSONFault(.dupKey, at: offset)
            }
            index += 1
        }
        openKeys.append(SeenKey(mark: mark, text: key))
    }

    /// Equal for equal texts: the length, the first byte and the last.
    private func mark(_ text: JSONText) -> Int {
        let content = utf8(text)
        guard let first = content.first, let last = content.last else { return 0 }
        return content.count << 16 | Int(first) << 8 | Int(last)
    }

    /// The fault of a byte that cannot stand at `index`.
    private func unexpected() -> JSONFault {
        guard index < bytes.count else { return JSONFault(.syntax, at: index) }
        if bytes[index] == 0 { return JSONFault(.nul, at: index) }
        if bytes[index] >= 0x80, UTF8Sequence.length(at: index, in: bytes) == nil { return JSONFault(.utf8, at: index) }
        return JSONFault(.syntax, at: index)
    }
}

// MARK: Strings

extension JSONScanner {
    /// Reads a string from its opening quote to behind its closing one.
    private mutating func readText() throws(JSONFault) -> JSONText {
        let start = index + 1
        var hasEscapes = false
        index = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                return JSONText(start: start, end: index - 1, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try checkEscape(at: index)
            } else if byte < 0x20 {
                throw unexpected()
            } else if byte < 0x80 {
                index += 1
            } else if let length = UTF8Sequence.length(at: index, in: bytes) {
                index += length
            } else {
                throw JSONFault(.utf8, at: index)
            }
        }
        throw JSONFault(.syntax, at: index)
    }

    /// Checks the escape at `offset`, a surrogate pair as one. Returns where it ends.
    private func checkEscape(at offset: Int) throws(JSONFault) -> Int {
        guard offset + 1 < bytes.count else { throw JSONFault(.syntax, at: bytes.count) }
        switch bytes[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset + 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(at: offset) else { throw JSONFault(.syntax, at: offset) }
            if unit == 0 { throw JSONFault(.nul, at: offset) }
            if !(0xD800...0xDFFF).contains(unit) { return offset + 6 }
            guard unit < 0xDC00, let low = codeUnit(at: offset + 6), (0xDC00...0xDFFF).contains(low) else {
                throw JSONFault(.utf8, at: offset)
            }
            return offset + 12
        case _:
            throw JSONFault(.syntax, at: offset)
        }
    }

    /// The code unit of a `\uXXXX` at `offset`; nil if none stands there.
    private func codeUnit(at offset: Int) -> UInt32? {
        guard offset + 6 <= bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[offset + 2..<offset + 6] {
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: unit = unit << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: unit = unit << 4 | UInt32(byte - 0x61 + 10)
            case _: return nil
            }
        }
        return unit
    }

    /// A string's content as UTF-8, escapes decoded.
    package func utf8(_ text: JSONText) -> ArraySlice<UInt8> {
        guard text.hasEscapes else { return bytes[text.start..<text.end] }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.end - text.start)
        var offset = text.start
        while offset < text.end {
            guard bytes[offset] == UInt8(ascii: "\\") else {
                decoded.append(bytes[offset])
                offset += 1
                continue
            }
            offset = decodeEscape(at: offset, into: &decoded)
        }
        return decoded[...]
    }

    /// Decodes an escape that `checkEscape` has passed. Returns where it ends.
    private func decodeEscape(at offset: Int, into decoded: inout [UInt8]) -> Int {
        guard let unit = codeUnit(at: offset) else {
            switch bytes[offset + 1] {
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case let byte: decoded.append(byte)
            }
            return offset + 2
        }
        var scalar = unit
        var end = offset + 6
        if (0xD800...0xDBFF).contains(unit), let low = codeUnit(at: end) {
            scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        UTF8Sequence.append(scalar, to: &decoded)
        return end
    }

    /// A string's content, escapes decoded.
    package func string(_ text: JSONText) -> String {
        String(decoding: utf8(text), as: UTF8.self)
    }

    /// Whether a string's content is `name`, byte for byte.
    package func text(_ text: JSONText, is name: StaticString) -> Bool {
        name.withUTF8Buffer { utf8(text).elementsEqual($0) }
    }
}

// MARK: Numbers

extension JSONScanner {
    /// A number's token as it was written.
    package func raw(_ number: JSONNumber) -> ArraySlice<UInt8> {
        bytes[number.start..<number.end]
    }

    /// The number if it is a whole one in its only spelling, of at most 15 digits: no fraction, no exponent, no `-0`.
    /// 15 digits are what every JSON implementation holds exactly.
    package func integer(_ number: JSONNumber) -> Int64? {
        let token = raw(number)
        let isNegative = token.first == UInt8(ascii: "-")
        let digits = isNegative ? token.dropFirst() : token
        guard digits.count <= 15, !isNegative || digits.first != UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return isNegative ? -value : value
    }
}
