/// Writes one JSON object, member by member.
struct ObjectWriter {
    private var bytes: [UInt8] = [0x7B]
    private let nulls: CashierAccount.NullPolicy

    init(nulls: CashierAccount.NullPolicy) {
        self.nulls = nulls
        bytes.reserveCapacity(1024)
    }

    mutating func text(_ name: String, _ value: String?) {
        guard begin(name, isThere: value != nil), let value else { return }
        string(value)
    }

    mutating func integer(_ name: String, _ value: Int64?) {
        guard begin(name, isThere: value != nil), let value else { return }
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Digits as a number, without leading zeros; as text when it is anything else.
    mutating func digits(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            text(name, value)
            return
        }
        guard begin(name, isThere: true) else { return }
        let significant = value.utf8.drop { $0 == 0x30 }
        bytes.append(contentsOf: significant.isEmpty ? [0x30] : Array(significant))
    }

    /// `value` is a finished object.
    mutating func object(_ name: String, _ value: [UInt8]?) {
        guard begin(name, isThere: value != nil), let value else { return }
        bytes.append(contentsOf: value)
    }

    consuming func finished() -> [UInt8] {
        bytes.append(0x7D)
        return bytes
    }

    /// Writes the name, and `null` by the policy; true when a value has to follow.
    private mutating func begin(_ name: String, isThere: Bool) -> Bool {
        if !isThere, nulls == .omit { return false }
        if bytes.count > 1 { bytes.append(0x2C) }
        string(name)
        bytes.append(0x3A)
        if !isThere { bytes.append(contentsOf: "null".utf8) }
        return isThere
    }

    /// Shortest escapes; `/` stays as it is.
    private mutating func string(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: bytes.append(contentsOf: [0x5C, 0x22])
            case 0x5C: bytes.append(contentsOf: [0x5C, 0x5C])
            case 0x0A: bytes.append(contentsOf: [0x5C, 0x6E])
            case 0x0D: bytes.append(contentsOf: [0x5C, 0x72])
            case 0x09: bytes.append(contentsOf: [0x5C, 0x74])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }
}
