import CashierSignature
import Cryptography
import SessionCore

/// The provider's JSON answer, as far as it is read: the members of the outermost object and of the objects in it.
struct ReplyDocument {
    fileprivate struct Value {
        enum Kind {
            /// Absent or null.
            case none
            /// Decoded UTF-8, as bytes: Swift calls texts equal that differ in their bytes.
            case text
            /// The token as it was written.
            case number
            /// A value that no field is read from: true, false, an array, an object.
            case other
        }

        var kind = Kind.none
        /// Whether it is in `decoded`, because it had escapes; otherwise it is in the body.
        var isDecoded = false
        var start: UInt32 = 0
        var end: UInt32 = 0
    }

    private let body: [UInt8]
    /// The texts that had escapes, one after the other.
    private var decoded: [UInt8] = []
    /// By `ReplyField`, then by the place among the other paths.
    private var values: [Value]
    private let others: [String]

    /// Nil unless the body is one strict JSON object. `others` are paths that are read besides those of `ReplyField`: a
    /// name or `object.name`.
    init?(_ body: [UInt8], others: [String] = []) {
        self.init(unread: body, others: others)
        do throws(JSONFault) {
            try JSONCursor.readThrough(body, limits: .reply) { cursor throws(JSONFault) in
                guard case .object = try cursor.value() else { throw JSONFault(.syntax, at: 0) }
                while let key = try cursor.nextKey() { try readMember(key, from: &cursor) }
                try cursor.finish()
            }
        } catch {
            return nil
        }
    }

    private init(unread body: [UInt8], others: [String]) {
        self.body = body
        self.others = others
        // Copied when the first is written, which is cheaper than to make it.
        values = Self.noValues
        if !others.isEmpty { values += others.map { _ in Value() } }
    }

    private static let noValues = ReplyField.allCases.map { _ in Value() }

    private static let outerNames = NameTable(ReplyField.outer.map(\.name))
    private static let objectNames = NameTable(ReplyField.inner.map(\.object))
    private static let innerNames = ReplyField.inner.map { NameTable($0.members.map(\.name)) }

    private mutating func readMember(_ key: JSONText, from cursor: inout JSONCursor) throws(JSONFault) {
        let value = try cursor.value()
        if let place = cursor.text(key, isOneOf: Self.outerNames) {
            keep(value, at: ReplyField.outer[place].field.rawValue, of: cursor)
        }
        let name = others.isEmpty ? nil : Self.name(cursor.utf8(key))
        if let name { keepOther(value, at: name, of: cursor) }
        guard value == .object else { return try cursor.skip(value) }
        let object = cursor.text(key, isOneOf: Self.objectNames)
        let names = object.map { Self.innerNames[$0] }
        while let key = try cursor.nextKey() {
            let inner = try cursor.value()
            if let object, let names, let place = cursor.text(key, isOneOf: names) {
                keep(inner, at: ReplyField.inner[object].members[place].field.rawValue, of: cursor)
            }
            if let name, let member = Self.name(cursor.utf8(key)) {
                keepOther(inner, at: "\(name).\(member)", of: cursor)
            }
            try cursor.skip(inner)
        }
    }

    /// A key that may be one of ours; nil for one that would pass for a path or is not ASCII.
    private static func name(_ key: [UInt8]) -> String? {
        key.allSatisfy { $0 < 0x80 && $0 != 0x2E } ? String(decoding: key, as: UTF8.self) : nil
    }

    private mutating func keepOther(_ value: JSONValue, at path: String, of cursor: JSONCursor) {
        for index in others.indices where others[index] == path {
            keep(value, at: ReplyField.allCases.count + index, of: cursor)
        }
    }

    private mutating func keep(_ value: JSONValue, at place: Int, of cursor: JSONCursor) {
        switch value {
        case .string(let text):
            guard text.hasEscapes else {
                values[place] = Value(kind: .text, start: UInt32(text.start), end: UInt32(text.end))
                return
            }
            let start = UInt32(decoded.count)
            if decoded.isEmpty { decoded = cursor.utf8(text) } else { decoded += cursor.utf8(text) }
            values[place] = Value(kind: .text, isDecoded: true, start: start, end: UInt32(decoded.count))
        case .number(let number):
            values[place] = Value(kind: .number, start: UInt32(number.start), end: UInt32(number.end))
        case .bool, .array, .object: values[place] = Value(kind: .other)
        case .null: break
        }
    }

    /// Runs `read` with the fields, which must not be used after it.
    func withFields<Result>(_ read: (ReplyFields) -> Result) -> Result {
        body.withUnsafeBufferPointer { body in
            decoded.withUnsafeBufferPointer { decoded in
                values.withUnsafeBufferPointer { read(ReplyFields(body: body, decoded: decoded, values: $0)) }
            }
        }
    }
}

/// The fields of a document where they lie: nothing is counted or copied to look at one. Every field is optional,
/// because real answers leave nulls out.
struct ReplyFields {
    fileprivate let body: UnsafeBufferPointer<UInt8>
    fileprivate let decoded: UnsafeBufferPointer<UInt8>
    fileprivate let values: UnsafeBufferPointer<ReplyDocument.Value>

    private func value(at place: Int) -> ReplyDocument.Value {
        precondition(values.indices.contains(place), "the document was made without this field")
        return values[place]
    }

    private func value(_ field: ReplyField) -> ReplyDocument.Value {
        value(at: field.rawValue)
    }

    private func bytes(_ value: ReplyDocument.Value) -> UnsafeBufferPointer<UInt8> {
        let all = value.isDecoded ? decoded : body
        precondition(value.start <= value.end && value.end <= all.count, "a field ends within its document")
        return UnsafeBufferPointer(rebasing: all[Int(value.start)..<Int(value.end)])
    }

    // MARK: Fields

    /// Whether the field is there and not null.
    func has(_ field: ReplyField) -> Bool {
        value(field).kind != .none
    }

    /// A text's bytes; nil for what is no text.
    func text(_ field: ReplyField) -> [UInt8]? {
        let value = value(field)
        return value.kind == .text ? Array(bytes(value)) : nil
    }

    /// A text's bytes where they lie; nil for what is no text.
    func withText<Result>(_ field: ReplyField, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        let value = value(field)
        return value.kind == .text ? body(bytes(value)) : nil
    }

    /// A text that is handed on with a session: at most 256 bytes, else nil.
    func shortText(_ field: ReplyField) -> String? {
        let value = value(field)
        guard value.kind == .text, value.end - value.start <= 256 else { return nil }
        return String(decoding: bytes(value), as: UTF8.self)
    }

    /// A whole number in its only spelling, also when it was written as a string: the provider's samples have both.
    func integer(_ field: ReplyField) -> Int64? {
        let value = value(field)
        guard value.kind == .text || value.kind == .number else { return nil }
        return Self.integer(bytes(value))
    }

    private static func integer(_ token: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = token.first == UInt8(ascii: "-")
        let digits = token[(isNegative ? 1 : 0)...]
        guard let first = digits.first, first != 0x30 || (digits.count == 1 && !isNegative) else { return nil }
        var number: Int64 = 0
        for byte in digits {
            guard 0x30...0x39 ~= byte else { return nil }
            // Counted below zero, where there is room for one more.
            let (product, isTooFar) = number.multipliedReportingOverflow(by: 10)
            let (sum, isFurther) = product.subtractingReportingOverflow(Int64(byte - 0x30))
            guard !isTooFar, !isFurther else { return nil }
            number = sum
        }
        if isNegative { return number }
        return number == .min ? nil : -number
    }

    /// Whether the field is this text, byte for byte, so that canonically equal texts do not pass for the same; digits
    /// may come as a number.
    func echoes(_ field: ReplyField, _ expected: UnsafeBufferPointer<UInt8>) -> Bool {
        let value = value(field)
        guard value.kind == .text || value.kind == .number else { return false }
        return ByteWords.areEqual(bytes(value), expected)
    }

    func echoes(_ field: ReplyField, _ expected: String) -> Bool {
        var expected = expected
        return expected.withUTF8 { echoes(field, $0) }
    }

    // MARK: Signature

    /// Whether each of the fields has a value that a signed field can have. The document must have been made with
    /// `fields.others`.
    func canSign(_ fields: SignatureFields) -> Bool {
        fields.replyPlaces.allSatisfy { value(at: $0).kind != .other }
    }

    /// Adds what the fields contribute to a signature.
    func add(_ fields: SignatureFields, to input: borrowing HashInput) {
        for place in fields.replyPlaces {
            let value = value(at: place)
            if value.kind != .none { input.add(bytes(value)) }
        }
    }
}
