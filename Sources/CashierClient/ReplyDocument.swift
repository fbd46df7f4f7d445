import CashierSignature
import SessionCore

/// The provider's JSON answer, as far as it is read: the members of the outermost object and of the objects in it.
/// Every field is optional, because real answers leave nulls out.
struct ReplyDocument {
    private enum Field {
        /// Decoded UTF-8, as bytes: Swift calls texts equal that differ in their bytes.
        case text([UInt8])
        /// The token as it was written.
        case number([UInt8])
        /// A value that no field is read from: true, false, an array, an object.
        case other
    }

    /// By `name` or `object.name`. Nulls are left out.
    private var fields: [String: Field] = [:]

    /// Nil unless the body is one strict JSON object.
    init?(_ body: [UInt8]) {
        do throws(JSONFault) {
            var scanner = try JSONScanner(body, limits: .reply)
            guard case .object = try scanner.value() else { return nil }
            while let key = try scanner.nextKey() {
                let name = Self.name(scanner.utf8(key))
                try readMember(name, from: &scanner)
            }
            try scanner.finish()
        } catch {
            return nil
        }
    }

    /// A key that may be one of ours; nil for one that would pass for a path or is not ASCII.
    private static func name(_ key: ArraySlice<UInt8>) -> String? {
        key.allSatisfy { $0 < 0x80 && $0 != 0x2E } ? String(decoding: key, as: UTF8.self) : nil
    }

    private mutating func readMember(_ name: String?, from scanner: inout JSONScanner) throws(JSONFault) {
        let value = try scanner.value()
        if let name { keep(value, at: name, of: scanner) }
        guard value == .object else { return try scanner.skip(value) }
        while let key = try scanner.nextKey() {
            let inner = try scanner.value()
            if let name, let member = Self.name(scanner.utf8(key)) {
                keep(inner, at: "\(name).\(member)", of: scanner)
            }
            try scanner.skip(inner)
        }
    }

    private mutating func keep(_ value: JSONValue, at path: String, of scanner: JSONScanner) {
        switch value {
        case .string(let text): fields[path] = .text(Array(scanner.utf8(text)))
        case .number(let number): fields[path] = .number(Array(scanner.raw(number)))
        case .bool, .array, .object: fields[path] = .other
        case .null: break
        }
    }

    /// Whether the field is there and not null.
    func has(_ path: String) -> Bool {
        fields[path] != nil
    }

    func text(_ path: String) -> [UInt8]? {
        guard case .text(let text) = fields[path] else { return nil }
        return text
    }

    /// A text that is handed on with a session: at most 256 bytes, else nil.
    func shortText(_ path: String) -> String? {
        guard let text = text(path), text.count <= 256 else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    /// A whole number in its only spelling, also when it was written as a string: the provider's samples have both.
    func integer(_ path: String) -> Int64? {
        switch fields[path] {
        case .number(let token), .text(let token):
            let text = String(decoding: token, as: UTF8.self)
            guard let number = Int64(text), String(number) == text else { return nil }
            return number
        case .other, nil:
            return nil
        }
    }

    /// What a field contributes to a signature; nil for a value that no signed field can have.
    func signed(_ path: String) -> SignedValue? {
        switch fields[path] {
        case nil: .null
        case .text(let text), .number(let text): .text(text)
        case .other: nil
        }
    }
}
