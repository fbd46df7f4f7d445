/// Reads JSON text where it lies, strictly by RFC 8259 and in plain UTF-8, without building a tree: `JSONScanner` for
/// those who read a text in one go.
///
/// It is valid inside the closure of `read` only. After a fault it must not be used again. Asking out of turn (a key
/// where a value is due) is a mistake in the program and traps.
package struct JSONCursor {
    /// Where the reading stands.
    struct State {
        var index = 0
        /// Whether the next thing to read is a value: at the start, after a key, after `nextElement()`.
        var isValueDue = true
        /// How many containers are open.
        var depth = 0
        /// How many keys the open objects have.
        var openKeyCount = 0
        /// How many keys there were altogether.
        var keyCount = 0
        /// How often a key's content was compared with another's.
        var comparisonCount = 0
    }

    struct Container {
        var isObject = false
        var isEmpty = true
        /// Where this object's keys begin among the open ones.
        var firstKey: Int32 = 0
        /// A bit for each key's hash: a key whose bit is not set is new.
        var marks: UInt64 = 0
    }

    /// A key of an open object.
    struct OpenKey {
        /// Where its content begins.
        var start: UInt32 = 0
        var hash: UInt32 = 0
    }

    /// Each process has its own: nobody can think up many keys of one hash, to have them all compared with each other.
    private static let seed = UInt64(truncatingIfNeeded: Hasher().finalize())

    let text: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    /// Has room for one more than are open; innermost last.
    private let containers: UnsafeMutableBufferPointer<Container>
    /// The keys of the open objects, innermost last; has room for one more.
    private let openKeys: UnsafeMutableBufferPointer<OpenKey>
    private(set) var state: State

    init(
        _ text: UnsafeBufferPointer<UInt8>,
        limits: JSONLimits,
        containers: UnsafeMutableBufferPointer<Container>,
        openKeys: UnsafeMutableBufferPointer<OpenKey>,
        state: State
    ) {
        self.text = text
        self.limits = limits
        self.containers = containers
        self.openKeys = openKeys
        self.state = state
    }

    /// Reads a whole text: `body` goes through it and calls `finish()`.
    package static func read<Success>(
        _ bytes: [UInt8],
        limits: JSONLimits,
        _ body: (inout JSONCursor) throws(JSONFault) -> Success
    ) throws(JSONFault) -> Success {
        try check(bytes, limits: limits)
        let outcome: Result<Success, JSONFault> = bytes.withUnsafeBufferPointer { text in
            withUnsafeTemporaryAllocation(of: Container.self, capacity: limits.depth) { containers in
                withUnsafeTemporaryAllocation(of: OpenKey.self, capacity: keysMax(text, limits)) { openKeys in
                    var cursor = JSONCursor(
                        text,
                        limits: limits,
                        containers: containers,
                        openKeys: openKeys,
                        state: State()
                    )
                    do throws(JSONFault) {
                        return .success(try body(&cursor))
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }
        return try outcome.get()
    }

    /// The same for a `body` that returns nothing. Not generic, so that other modules call what is compiled for it.
    package static func readThrough(
        _ bytes: [UInt8],
        limits: JSONLimits,
        _ body: (inout JSONCursor) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        try read(bytes, limits: limits) { cursor throws(JSONFault) in try body(&cursor) }
    }

    /// How many keys can be open at the most. A member takes six bytes, `"a":0,`, but for the last and for one empty
    /// key in each open object.
    private static func keysMax(_ text: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) -> Int {
        min(limits.keys, text.count / 6 + limits.depth + 1)
    }

    /// Throws `size`, and `utf8` for a byte order mark, UTF-16 and UTF-32.
    static func check(_ bytes: [UInt8], limits: JSONLimits) throws(JSONFault) {
        guard bytes.count <= limits.size else { throw JSONFault(.size, at: limits.size) }
        precondition(limits.size <= Int(UInt32.max >> 1), "places in the text are kept in 31 bits")
        // JSON text begins with an ASCII character, so a NUL among its first bytes means wider code units.
        for offset in 0..<min(bytes.count, 4) where bytes[offset] == 0 { throw JSONFault(.utf8, at: offset) }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw JSONFault(.utf8, at: 0) }
    }

    /// Reads the value that is due. Objects and arrays are entered, not read.
    package mutating func value() throws(JSONFault) -> JSONValue {
        precondition(state.isValueDue, "no value is due")
        skipWhitespace()
        guard state.index < text.count else { throw JSONFault(.syntax, at: state.index) }
        state.isValueDue = false
        switch text[state.index] {
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
        guard state.index < text.count, text[state.index] == UInt8(ascii: "\"") else { throw unexpected() }
        let offset = state.index
        let key = try readText()
        state.keyCount += 1
        guard state.keyCount <= limits.keys else { throw JSONFault(.keys, at: offset) }
        try remember(key, at: offset)
        skipWhitespace()
        guard state.index < text.count, text[state.index] == UInt8(ascii: ":") else { throw unexpected() }
        state.index += 1
        state.isValueDue = true
        return key
    }

    /// Whether the innermost array has another element, which is then due.
    package mutating func nextElement() throws(JSONFault) -> Bool {
        state.isValueDue = try moveOn(isObject: false)
        return state.isValueDue
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

    mutating func goOn(at index: Int) {
        state.index = index
    }

    /// Makes sure that nothing but white space follows the outermost value.
    package mutating func finish() throws(JSONFault) {
        precondition(state.depth == 0 && !state.isValueDue, "the outermost value was not read to its end")
        skipWhitespace()
        guard state.index == text.count else { throw unexpected() }
    }
}

// MARK: Structure

extension JSONCursor {
    @inline(__always)
    private mutating func skipWhitespace() {
        while state.index < text.count {
            switch text[state.index] {
            case 0x20, 0x0A, 0x0D, 0x09: state.index += 1
            case _: return
            }
        }
    }

    private mutating func enter(isObject: Bool) throws(JSONFault) -> JSONValue {
        guard state.depth < limits.depth else { throw JSONFault(.depth, at: state.index) }
        state.index += 1
        containers[state.depth] = Container(isObject: isObject, firstKey: Int32(state.openKeyCount))
        state.depth += 1
        return isObject ? .object : .array
    }

    /// Goes past the comma to the next member of the innermost container, or past its end: then returns false.
    @inline(__always)
    private mutating func moveOn(isObject: Bool) throws(JSONFault) -> Bool {
        let last = state.depth - 1
        precondition(last >= 0 && !state.isValueDue && containers[last].isObject == isObject, "not in such a container")
        skipWhitespace()
        guard state.index < text.count else { throw JSONFault(.syntax, at: state.index) }
        if text[state.index] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            state.index += 1
            state.openKeyCount = Int(containers[last].firstKey)
            state.depth = last
            return false
        }
        if containers[last].isEmpty {
            containers[last].isEmpty = false
            return true
        }
        guard text[state.index] == UInt8(ascii: ",") else { throw unexpected() }
        state.index += 1
        skipWhitespace()
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONFault) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard state.index < text.count, text[state.index] == word.utf8Start[offset] else { throw unexpected() }
            state.index += 1
        }
        return value
    }

    private mutating func readNumber() throws(JSONFault) -> JSONNumber {
        let start = state.index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        return JSONNumber(start: start, end: state.index)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard state.index < text.count, text[state.index] == byte else { return false }
        state.index += 1
        return true
    }

    private mutating func takeDigits() throws(JSONFault) {
        let start = state.index
        while state.index < text.count, text[state.index] &- 0x30 < 10 { state.index += 1 }
        guard state.index > start else { throw unexpected() }
    }

    /// Refuses a key that the innermost object has already.
    @inline(__always)
    private mutating func remember(_ key: JSONText, at offset: Int) throws(JSONFault) {
        let last = state.depth - 1
        let hash = withUTF8(key) { ByteWords.hash($0, seed: Self.seed) }
        let mark: UInt64 = 1 &<< UInt64(hash)
        if containers[last].marks & mark != 0, isOpen(key, hash, from: Int(containers[last].firstKey)) {
            throw JSONFault(.dupKey, at: offset)
        }
        containers[last].marks |= mark
        openKeys[state.openKeyCount] = OpenKey(start: UInt32(truncatingIfNeeded: key.start), hash: hash)
        state.openKeyCount += 1
    }

    /// The contents of two keys are compared only if they have one hash.
    private mutating func isOpen(_ key: JSONText, _ hash: UInt32, from first: Int) -> Bool {
        for index in first..<state.openKeyCount where openKeys[index].hash == hash {
            state.comparisonCount += 1
            if isEqual(key, toTextAt: Int(openKeys[index].start)) { return true }
        }
        return false
    }

    /// Whether `key` has the content of the string that begins at `start`, which was read before.
    private func isEqual(_ key: JSONText, toTextAt start: Int) -> Bool {
        var earlier = self
        earlier.goOn(at: start - 1)
        guard let other = try? earlier.readText() else { return false }
        return withUTF8(other) { other in withUTF8(key) { ByteWords.areEqual(other, $0) } }
    }

    /// The fault of a byte that cannot stand at `index`.
    private func unexpected() -> JSONFault {
        let index = state.index
        guard index < text.count else { return JSONFault(.syntax, at: index) }
        if text[index] == 0 { return JSONFault(.nul, at: index) }
        if text[index] >= 0x80, UTF8Sequence.length(at: index, in: text) == nil { return JSONFault(.utf8, at: index) }
        return JSONFault(.syntax, at: index)
    }
}
