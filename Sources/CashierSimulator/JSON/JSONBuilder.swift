/// Writes JSON as the provider does: slashes escaped, everything beyond ASCII as `\u` escapes.
struct JSONBuilder {
    private(set) var bytes: [UInt8] = []
    /// Leaves out members without a value instead of writing null.
    var omitsNulls = false
    /// Writes whole numbers as strings of digits.
    var quotesNumbers = false
    private var needsComma = false

    mutating func beginObject(_ name: StaticString? = nil) {
        begin(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func beginObject(named name: String) {
        begin(named: name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    mutating func beginArray(_ name: StaticString? = nil) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    mutating func beginArray(named name: String) {
        begin(named: name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func add(_ name: StaticString, _ value: String?) {
        guard let value else { return addNull(name) }
        begin(name)
        string(value.utf8)
    }

    mutating func add(_ name: StaticString, _ value: some BinaryInteger) {
        add(name, digits: String(value))
    }

    /// Adds a whole number that is text already.
    mutating func add(_ name: StaticString, digits: String?) {
        guard let digits else { return addNull(name) }
        begin(name)
        if quotesNumbers { bytes.append(UInt8(ascii: "\"")) }
        bytes += digits.utf8
        if quotesNumbers { bytes.append(UInt8(ascii: "\"")) }
    }

    private mutating func addNull(_ name: StaticString) {
        guard !omitsNulls else { return }
        begin(name)
        bytes += "null".utf8
    }

    /// Adds an element of an array.
    mutating func element(_ value: String?) {
        begin(nil)
        if let value {
            string(value.utf8)
        } else {
            bytes += "null".utf8
        }
    }

    /// Adds an element of an array.
    mutating func element(_ value: some BinaryInteger) {
        begin(nil)
        bytes += String(value).utf8
    }

    mutating func add(named name: String, _ value: Int) {
        begin(named: name)
        bytes += String(value).utf8
    }

    mutating func add(named name: String, _ value: String) {
        begin(named: name)
        string(value.utf8)
    }

    mutating func add(_ name: StaticString, _ value: Bool) {
        begin(name)
        bytes += (value ? "true" : "false").utf8
    }

    /// Adds a value that is JSON already.
    mutating func add(_ name: StaticString, json: String) {
        begin(name)
        bytes += json.utf8
    }

    /// Ends the line, so that a document is good to read on a terminal and lists are NDJSON.
    mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    private mutating func begin(_ name: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let name else { return }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes += $0 }
        bytes += "\":".utf8
    }

    private mutating func begin(named name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        string(name.utf8)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func string(_ text: String.UTF8View) {
        bytes.append(UInt8(ascii: "\""))
        var isPlain = true
        for byte in text where byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C || byte == 0x2F {
            isPlain = false
            break
        }
        if isPlain {
            bytes += text
        } else {
            for unit in String(text).utf16 { append(unit) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ unit: UInt16) {
        switch unit {
        case 0x22, 0x5C, 0x2F: bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)]
        case 0x0A: bytes += "\\n".utf8
        case 0x0D: bytes += "\\r".utf8
        case 0x09: bytes += "\\t".utf8
        case 0x20..<0x7F: bytes.append(UInt8(truncatingIfNeeded: unit))
        default:
            let digits = String(unit, radix: 16)
            bytes += "\\u".utf8
            bytes += String(repeating: "0", count: 4 - digits.utf8.count).utf8
            bytes += digits.utf8
        }
    }
}
