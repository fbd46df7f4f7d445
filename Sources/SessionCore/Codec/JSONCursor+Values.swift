// MARK: Strings

extension JSONCursor {
    /// Reads a string from its opening quote to behind its closing one.
    mutating func readText() throws(JSONFault) -> JSONText {
        let start = state.index + 1
        var hasEscapes = false
        var index = start
        while true {
            index = ByteWords.firstSpecial(in: text, from: index, stopsAtNonASCII: true)
            guard index < text.count else { throw JSONFault(.syntax, at: index) }
            let byte = text[index]
            if byte == UInt8(ascii: "\"") {
                goOn(at: index + 1)
                return JSONText(start: start, end: index, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try checkEscape(at: index)
            } else if byte == 0 {
                throw JSONFault(.nul, at: index)
            } else if byte < 0x20 {
                throw JSONFault(.syntax, at: index)
            } else if let length = UTF8Sequence.length(at: index, in: text) {
                index += length
            } else {
                throw JSONFault(.utf8, at: index)
            }
        }
    }

    /// Checks the escape at `offset`, a surrogate pair as one. Returns where it ends.
    private func checkEscape(at offset: Int) throws(JSONFault) -> Int {
        guard offset + 1 < text.count else { throw JSONFault(.syntax, at: text.count) }
        switch text[offset + 1] {
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
        guard offset + 6 <= text.count, text[offset] == UInt8(ascii: "\\"), text[offset + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for place in offset + 2..<offset + 6 {
            let byte = text[place]
            switch byte {
            case 0x30...0x39: unit = unit << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: unit = unit << 4 | UInt32(byte - 0x41 + 10)
            case 0x61...0x66: unit = unit << 4 | UInt32(byte - 0x61 + 10)
            case _: return nil
            }
        }
        return unit
    }

    /// A string's content as UTF-8, escapes decoded, for the time that `body` takes.
    @inline(__always)
    func withUTF8<Result>(_ string: JSONText, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if string.hasEscapes { return decoded(string).withUnsafeBufferPointer(body) }
        return body(UnsafeBufferPointer(rebasing: text[string.start..<string.end]))
    }

    /// A string's content as UTF-8, escapes decoded.
    package func utf8(_ string: JSONText) -> [UInt8] {
        string.hasEscapes ? decoded(string) : Array(text[string.start..<string.end])
    }

    /// A string's content, escapes decoded.
    package func string(_ string: JSONText) -> String {
        withUTF8(string) { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a string's content is `name`, byte for byte.
    package func text(_ string: JSONText, is name: StaticString) -> Bool {
        withUTF8(string) { content in name.withUTF8Buffer { ByteWords.areEqual(content, $0) } }
    }

    /// Which of `names` a string's content is, byte for byte; nil for none of them.
    package func text(_ string: JSONText, isOneOf names: NameTable) -> Int? {
        withUTF8(string) { names.place(of: $0) }
    }

    private func decoded(_ string: JSONText) -> [UInt8] {
        // No escape is shorter than what it stands for.
        [UInt8](unsafeUninitializedCapacity: string.length) { decoded, count in
            var offset = string.start
            while offset < string.end {
                if text[offset] == UInt8(ascii: "\\") {
                    offset = decodeEscape(at: offset, into: decoded, &count)
                } else {
                    decoded[count] = text[offset]
                    count += 1
                    offset += 1
                }
            }
        }
    }

    /// Decodes an escape that `checkEscape` has passed. Returns where it ends.
    private func decodeEscape(
        at offset: Int,
        into decoded: UnsafeMutableBufferPointer<UInt8>,
        _ count: inout Int
    ) -> Int {
        guard let unit = codeUnit(at: offset) else {
            switch text[offset + 1] {
            case UInt8(ascii: "b"): decoded[count] = 0x08
            case UInt8(ascii: "f"): decoded[count] = 0x0C
            case UInt8(ascii: "n"): decoded[count] = 0x0A
            case UInt8(ascii: "r"): decoded[count] = 0x0D
            case UInt8(ascii: "t"): decoded[count] = 0x09
            case let byte: decoded[count] = byte
            }
            count += 1
            return offset + 2
        }
        var scalar = unit
        var end = offset + 6
        if (0xD800...0xDBFF).contains(unit), let low = codeUnit(at: end) {
            scalar = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            end += 6
        }
        UTF8Sequence.append(scalar, to: decoded, &count)
        return end
    }
}

// MARK: Numbers

extension JSONCursor {
    /// A number's token as it was written.
    package func raw(_ number: JSONNumber) -> [UInt8] {
        Array(text[number.start..<number.end])
    }

    /// The number if it is a whole one in its only spelling, of at most 15 digits: no fraction, no exponent, no `-0`.
    /// 15 digits are what every JSON implementation holds exactly.
    package func integer(_ number: JSONNumber) -> Int64? {
        var offset = number.start
        let isNegative = text[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        guard number.end - offset <= 15, !isNegative || text[offset] != UInt8(ascii: "0") else { return nil }
        var value: Int64 = 0
        while offset < number.end {
            let digit = text[offset] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
            offset += 1
        }
        return isNegative ? -value : value
    }
}
