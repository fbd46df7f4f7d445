import CashierSignature
import SessionCore

/// A post of the provider, as far as it is read: the members of the outermost object and of the objects in it, by
/// `name` or `object.name`. Nulls are left out, and so are empty texts: the signature does not tell them apart.
struct PostDocument: Equatable, Sendable {
    private enum Field: Equatable, Sendable {
        /// Decoded UTF-8, as bytes: Swift calls texts equal that differ in their bytes.
        case text([UInt8])
        /// The token as it was written.
        case number([UInt8])
        /// A value that no field is read from: true, false, an array, an object.
        case other
    }

    private var fields: [String: Field] = [:]

    /// Keys in all objects of a post together: several times those that the provider's pages name. Whoever posts is not
    /// known yet when a post is read.
    private static let keysMax = 256
    /// Bytes of a key that may be one of ours, several times the longest. Paths are made of them.
    private static let nameBytesMax = 64

    /// Throws unless the body is one strict JSON object.
    init(_ body: [UInt8], bytesMax: Int) throws(JSONFault) {
        let limits = JSONLimits(size: bytesMax, depth: 16, keys: Self.keysMax)
        var scanner = try JSONScanner(body, limits: limits)
        guard case .object = try scanner.value() else { throw JSONFault(.syntax, at: 0) }
        while let key = try scanner.nextKey() {
            let name = Self.name(scanner.utf8(key))
            let value = try scanner.value()
            if let name { keep(value, at: name, of: scanner) }
            guard value == .object else {
                try scanner.skip(value)
                continue
            }
            while let key = try scanner.nextKey() {
                let inner = try scanner.value()
                if let name, let member = Self.name(scanner.utf8(key)) {
                    keep(inner, at: "\(name).\(member)", of: scanner)
                }
                try scanner.skip(inner)
            }
        }
        try scanner.finish()
    }

    /// A key that may be one of ours; nil for one that is too long, would pass for a path or is not ASCII.
    private static func name(_ key: ArraySlice<UInt8>) -> String? {
        guard key.count <= nameBytesMax, key.allSatisfy({ $0 < 0x80 && $0 != 0x2E }) else { return nil }
        return String(decoding: key, as: UTF8.self)
    }

    private mutating func keep(_ value: JSONValue, at path: String, of scanner: JSONScanner) {
        switch value {
        case .string(let text):
            let bytes = Array(scanner.utf8(text))
            if !bytes.isEmpty { fields[path] = .text(bytes) }
        case .number(let number): fields[path] = .number(Array(scanner.raw(number)))
        case .bool, .array, .object: fields[path] = .other
        case .null: break
        }
    }

    /// Whether the field is there and not null.
    func has(_ path: String) -> Bool { fields[path] != nil }

    /// A text, or a number as it was written.
    func bytes(_ path: String) -> [UInt8]? {
        switch fields[path] {
        case .text(let bytes), .number(let bytes): bytes
        case .other, nil: nil
        }
    }

    /// A text, or a number as it was written, of at most `limit` bytes; nil for an empty one.
    func text(_ path: String, max limit: Int = 256) -> String? {
        guard let bytes = bytes(path), (1...limit).contains(bytes.count) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A whole number in its only spelling, also when it was written as a string: the provider's samples have both.
    func integer(_ path: String) -> Int64? {
        guard let text = text(path, max: 20), let number = Int64(text), String(number) == text else { return nil }
        return number
    }

    /// What the field contributes to a signature, most likely first: a number may have been rendered as it is written
    /// here or in its shortest form (`1.000000` as `1`). Empty for a value that no signed field can have.
    func signed(_ path: String) -> [SignedValue] {
        switch fields[path] {
        case nil: return [.null]
        case .text(let text): return [.text(text)]
        case .number(let token):
            let short = Self.shortest(token)
            return short == token ? [.text(token)] : [.text(token), .text(short)]
        case .other: return []
        }
    }

    /// A decimal without zeros at its end; one with an exponent stays as it is.
    static func shortest(_ token: [UInt8]) -> [UInt8] {
        guard token.contains(UInt8(ascii: ".")), !token.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else {
            return token
        }
        var short = token
        while short.last == UInt8(ascii: "0") { short.removeLast() }
        if short.last == UInt8(ascii: ".") { short.removeLast() }
        return short == Array("-0".utf8) ? [UInt8(ascii: "0")] : short
    }
}
