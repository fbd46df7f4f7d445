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
    private var state = JSONCursor.State()
    // The cursor's memory between two calls.
    private var containers: [JSONCursor.Container] = []
    private var openKeys: [JSONCursor.OpenKey] = []

    /// Throws `size`, and `utf8` for a byte order mark, UTF-16 and UTF-32, before anything is read.
    package init(_ bytes: [UInt8], limits: JSONLimits) throws(JSONFault) {
        try JSONCursor.check(bytes, limits: limits)
        self.bytes = bytes
        self.limits = limits
    }

    /// Reads the value that is due. Objects and arrays are entered, not read.
    package mutating func value() throws(JSONFault) -> JSONValue {
        try step { cursor throws(JSONFault) in try cursor.value() }
    }

    /// The next key of the innermost object, whose value is then due; nil once the object has ended.
    package mutating func nextKey() throws(JSONFault) -> JSONText? {
        try step { cursor throws(JSONFault) in try cursor.nextKey() }
    }

    /// Whether the innermost array has another element, which is then due.
    package mutating func nextElement() throws(JSONFault) -> Bool {
        try step { cursor throws(JSONFault) in try cursor.nextElement() }
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
        try step { cursor throws(JSONFault) in try cursor.finish() }
    }

    /// Moves the cursor once, which opens one container or one key at most.
    private mutating func step<Success>(
        _ body: (inout JSONCursor) throws(JSONFault) -> Success
    ) throws(JSONFault) -> Success {
        if containers.count == state.depth { containers.append(JSONCursor.Container()) }
        if openKeys.count == state.openKeyCount { openKeys.append(JSONCursor.OpenKey()) }
        let (outcome, state): (Result<Success, JSONFault>, JSONCursor.State) = bytes.withUnsafeBufferPointer {
            [limits, state] text in
            containers.withUnsafeMutableBufferPointer { containers in
                openKeys.withUnsafeMutableBufferPointer { openKeys in
                    var cursor = JSONCursor(
                        text,
                        limits: limits,
                        containers: containers,
                        openKeys: openKeys,
                        state: state
                    )
                    do throws(JSONFault) {
                        return (.success(try body(&cursor)), cursor.state)
                    } catch {
                        return (.failure(error), cursor.state)
                    }
                }
            }
        }
        self.state = state
        return try outcome.get()
    }
}

// MARK: Strings and numbers

extension JSONScanner {
    /// A string's content as UTF-8, escapes decoded.
    package func utf8(_ text: JSONText) -> ArraySlice<UInt8> {
        text.hasEscapes ? look { $0.utf8(text) }[...] : bytes[text.start..<text.end]
    }

    /// A string's content, escapes decoded.
    package func string(_ text: JSONText) -> String {
        look { $0.string(text) }
    }

    /// Whether a string's content is `name`, byte for byte.
    package func text(_ text: JSONText, is name: StaticString) -> Bool {
        look { $0.text(text, is: name) }
    }

    /// A number's token as it was written.
    package func raw(_ number: JSONNumber) -> ArraySlice<UInt8> {
        bytes[number.start..<number.end]
    }

    /// The number if it is a whole one in its only spelling, of at most 15 digits: no fraction, no exponent, no `-0`.
    /// 15 digits are what every JSON implementation holds exactly.
    package func integer(_ number: JSONNumber) -> Int64? {
        look { $0.integer(number) }
    }

    /// What has been read already needs none of the cursor's memory.
    private func look<Success>(_ body: (JSONCursor) -> Success) -> Success {
        bytes.withUnsafeBufferPointer { text in
            body(
                JSONCursor(
                    text,
                    limits: limits,
                    containers: UnsafeMutableBufferPointer(start: nil, count: 0),
                    openKeys: UnsafeMutableBufferPointer(start: nil, count: 0),
                    state: state
                )
            )
        }
    }
}
