/// Writes JSON without white space, in one spelling: shortest escapes, `/` and everything outside ASCII as it is.
///
/// It has its own memory and one owner: in an array each write would ask first who else holds it.
package struct JSONWriter: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var length = 0
    private var isCommaDue = false

    package init(capacity: Int = 896) {
        self.capacity = max(capacity, 16)
        start = .allocate(capacity: self.capacity)
    }

    deinit {
        start.deallocate()
    }

    /// What was written so far.
    package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: length)) }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A key that is not known beforehand; its value must follow.
    package mutating func key(named name: String) {
        var name = name
        name.withUTF8 { name in
            let name = PlainStart(name)
            write(atMost: name.room + 2) { [isCommaDue] output in
                output.begin(comma: isCommaDue)
                output.quoted(name)
                output.byte(UInt8(ascii: ":"))
            }
        }
        isCommaDue = false
    }

    /// A key that needs no escapes; its value must follow.
    package mutating func key(_ name: StaticString) {
        write(atMost: name.utf8CodeUnitCount + 4) { [isCommaDue] output in
            output.begin(comma: isCommaDue)
            output.key(name)
        }
        isCommaDue = false
    }

    package mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { value in
            let value = PlainStart(value)
            write(atMost: value.room + 1) { [isCommaDue] output in
                output.begin(comma: isCommaDue)
                output.quoted(value)
            }
        }
        isCommaDue = true
    }

    package mutating func integer(_ value: some BinaryInteger) {
        token(String(value))
    }

    package mutating func integer(_ value: Int64) {
        write(atMost: 24) { [isCommaDue] output in
            output.begin(comma: isCommaDue)
            output.decimal(value)
        }
        isCommaDue = true
    }

    package mutating func bool(_ value: Bool) { token(value ? "true" : "false") }
    package mutating func null() { token("null") }

    /// A member with text and a key that needs no escapes; nothing at all for nil.
    package mutating func member(_ name: StaticString, _ value: String?) {
        guard var value else { return }
        _ = value.withUTF8 { member(name, $0) }
    }

    /// The same with a key that is not known beforehand.
    package mutating func member(named name: String, _ value: String?) {
        guard let value else { return }
        key(named: name)
        string(value)
    }

    /// A member with text in UTF-8, and a key that needs no escapes. Returns whether the text needed none either.
    @discardableResult
    package mutating func member(_ name: StaticString, _ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let value = PlainStart(value)
        write(atMost: name.utf8CodeUnitCount + value.room + 4) { [isCommaDue] output in
            output.begin(comma: isCommaDue)
            output.key(name)
            output.quoted(value)
        }
        isCommaDue = true
        return value.plain == value.bytes.count
    }

    /// Members that are written already, with commas between them; nothing at all for none.
    package mutating func members(_ written: UnsafeBufferPointer<UInt8>) {
        guard !written.isEmpty else { return }
        write(atMost: written.count + 1) { [isCommaDue] output in
            output.begin(comma: isCommaDue)
            output.copy(written)
        }
        isCommaDue = true
    }

    /// A member with a whole number; nothing at all for nil.
    package mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    /// A member with a moment in RFC 3339, cut to `digits` digits of a second (3 or 6); nothing at all for nil.
    mutating func member(_ name: StaticString, _ value: Timestamp?, digits: Int) {
        guard let value else { return }
        key(name)
        moment(value, digits: digits)
    }

    private mutating func moment(_ value: Timestamp, digits: Int) {
        write(atMost: Timestamp.rfc3339BytesMax + 2) { output in
            output.byte(UInt8(ascii: "\""))
            output.next += value.writeRFC3339(to: output.next, digits: digits)
            output.byte(UInt8(ascii: "\""))
        }
        isCommaDue = true
    }

    /// A member with an id; the id's text form.
    mutating func member(_ name: StaticString, _ value: ResultID) {
        key(name)
        write(atMost: ResultID.textBytes + 2) { output in
            output.byte(UInt8(ascii: "\""))
            value.writeText(to: output.next)
            output.next += ResultID.textBytes
            output.byte(UInt8(ascii: "\""))
        }
        isCommaDue = true
    }

    /// Whether what was written is `other`.
    borrowing func isWritten(_ other: [UInt8]) -> Bool {
        other.withUnsafeBufferPointer { ByteWords.areEqual(UnsafeBufferPointer(start: start, count: length), $0) }
    }

    /// Without escapes.
    private mutating func token(_ text: String) {
        var text = text
        text.withUTF8 { text in
            write(atMost: text.count + 1) { [isCommaDue] output in
                output.begin(comma: isCommaDue)
                output.copy(text)
            }
        }
        isCommaDue = true
    }

    private mutating func open(_ bracket: UInt8) {
        write(atMost: 2) { [isCommaDue] output in
            output.begin(comma: isCommaDue)
            output.byte(bracket)
        }
        isCommaDue = false
    }

    private mutating func close(_ bracket: UInt8) {
        write(atMost: 1) { $0.byte(bracket) }
        isCommaDue = true
    }

    /// Makes room first: `body` writes `most` bytes at most.
    @inline(__always)
    private mutating func write(atMost most: Int, _ body: (inout JSONOutput) -> Void) {
        if capacity - length < most { grow(by: most) }
        var output = JSONOutput(next: start + length)
        body(&output)
        precondition(output.next <= start + capacity, "the writer's room was too small")
        length = output.next - start
    }

    private mutating func grow(by more: Int) {
        capacity = max(2 * capacity, length + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.initialize(from: start, count: length)
        start.deallocate()
        start = larger
    }
}

/// A text, and how much of its beginning can be written as it is: looked for once, to make room and to write.
private struct PlainStart {
    let bytes: UnsafeBufferPointer<UInt8>
    let plain: Int

    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        plain = ByteWords.firstSpecial(in: bytes, from: 0, stopsAtNonASCII: false)
    }

    /// How many bytes it takes at most, with its quotes.
    @inline(__always)
    var room: Int { plain + 6 * (bytes.count - plain) + 2 }
}

/// Where the next byte goes. Whoever uses it has made room.
private struct JSONOutput {
    var next: UnsafeMutablePointer<UInt8>

    @inline(__always)
    mutating func byte(_ byte: UInt8) {
        next.pointee = byte
        next += 1
    }

    @inline(__always)
    mutating func begin(comma: Bool) {
        if comma { byte(UInt8(ascii: ",")) }
    }

    @inline(__always)
    mutating func copy(_ text: UnsafeBufferPointer<UInt8>) {
        guard let start = text.baseAddress else { return }
        next.update(from: start, count: text.count)
        next += text.count
    }

    /// A name that needs no escapes, with its quotes and colon.
    @inline(__always)
    mutating func key(_ name: StaticString) {
        byte(UInt8(ascii: "\""))
        copy(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        byte(UInt8(ascii: "\""))
        byte(UInt8(ascii: ":"))
    }

    @inline(__always)
    mutating func quoted(_ text: PlainStart) {
        byte(UInt8(ascii: "\""))
        copy(UnsafeBufferPointer(rebasing: text.bytes[..<text.plain]))
        if text.plain < text.bytes.count { escape(text.bytes, from: text.plain) }
        byte(UInt8(ascii: "\""))
    }

    /// Copies runs that need no escape in one go.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>, from start: Int) {
        var offset = start
        while offset < text.count {
            escape(text[offset])
            let end = ByteWords.firstSpecial(in: text, from: offset + 1, stopsAtNonASCII: false)
            copy(UnsafeBufferPointer(rebasing: text[(offset + 1)..<end]))
            offset = end
        }
    }

    private mutating func escape(_ character: UInt8) {
        byte(UInt8(ascii: "\\"))
        switch character {
        case 0x22, 0x5C: byte(character)
        case 0x08: byte(UInt8(ascii: "b"))
        case 0x09: byte(UInt8(ascii: "t"))
        case 0x0A: byte(UInt8(ascii: "n"))
        case 0x0C: byte(UInt8(ascii: "f"))
        case 0x0D: byte(UInt8(ascii: "r"))
        case _:
            byte(UInt8(ascii: "u"))
            byte(UInt8(ascii: "0"))
            byte(UInt8(ascii: "0"))
            byte(character < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            byte(character & 15 < 10 ? 0x30 + character & 15 : 0x61 + character & 15 - 10)
        }
    }

    mutating func decimal(_ value: Int64) {
        next += DecimalText.write(value, to: next)
    }
}
