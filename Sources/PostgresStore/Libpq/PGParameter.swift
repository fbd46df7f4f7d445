import SessionCore

/// A parameter of a statement, sent in Postgres's binary form. Elements of lists may be NULL.
enum PGParameter: Sendable {
    case null
    case bool(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case text(String)
    case bytes([UInt8])
    case time(Timestamp)
    case bools([Bool?])
    case int2s([Int16?])
    case int4s([Int32?])
    case int8s([Int64?])
    case texts([String?])
    case byteLists([[UInt8]?])
    case times([Timestamp?])
    case uuids([ResultID?])

    /// A list without NULLs. Given where optional numbers are wanted, an array would be cast element by element at run
    /// time.
    static func int4s(all values: [Int32]) -> PGParameter {
        .int4s(values.map { $0 })
    }

    static func optional<Value>(_ value: Value?, _ make: (Value) -> PGParameter) -> PGParameter {
        value.map(make) ?? .null
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// About how many bytes it takes, so that a batch's buffer need not grow.
    var bytesExpected: Int {
        switch self {
        case .null: 0
        case .bool, .int2, .int4, .int8, .time: 8
        case .text(let value): value.utf8.count
        case .bytes(let value): value.count
        case .bools(let values): 20 + 8 * values.count
        case .int2s(let values): 20 + 8 * values.count
        case .int4s(let values): 20 + 8 * values.count
        case .int8s(let values): 20 + 12 * values.count
        case .times(let values): 20 + 12 * values.count
        case .uuids(let values): 20 + 20 * values.count
        case .texts(let values): 20 + 24 * values.count
        case .byteLists(let values): 20 + values.reduce(0) { $0 + 4 + ($1?.count ?? 0) }
        }
    }

    func encode(into bytes: inout WireBuffer) {
        switch self {
        case .null: break
        case .bool(let value): value.encode(into: &bytes)
        case .int2(let value): value.encode(into: &bytes)
        case .int4(let value): value.encode(into: &bytes)
        case .int8(let value): value.encode(into: &bytes)
        case .text(let value): value.encode(into: &bytes)
        case .bytes(let value): value.encode(into: &bytes)
        case .time(let value): value.encode(into: &bytes)
        case .bools(let values): encode(values, into: &bytes)
        case .int2s(let values): encode(values, into: &bytes)
        case .int4s(let values): encode(values, into: &bytes)
        case .int8s(let values): encode(values, into: &bytes)
        case .texts(let values): encode(values, into: &bytes)
        case .byteLists(let values): encode(values, into: &bytes)
        case .times(let values): encode(values, into: &bytes)
        case .uuids(let values): encode(values, into: &bytes)
        }
    }

    /// The count of dimensions, a flag for NULLs, the element's type, the length, the lower bound, then the elements.
    private func encode<Value: PGValue>(_ values: [Value?], into bytes: inout WireBuffer) {
        let isEmpty = values.isEmpty
        Int32(isEmpty ? 0 : 1).encode(into: &bytes)
        Int32(values.contains { $0 == nil } ? 1 : 0).encode(into: &bytes)
        Int32(bitPattern: Value.oid).encode(into: &bytes)
        if isEmpty { return }
        Int32(values.count).encode(into: &bytes)
        Int32(1).encode(into: &bytes)
        for value in values {
            guard let value else {
                Int32(-1).encode(into: &bytes)
                continue
            }
            let start = bytes.count
            Int32(0).encode(into: &bytes)
            value.encode(into: &bytes)
            bytes.replace(at: start, Int32(bytes.count - start - 4))
        }
    }
}
