import SessionCore

/// A Swift type with its binary form on Postgres's wire.
protocol PGValue: Sendable {
    /// The type's number in `pg_type`, which never changes for built-in types.
    static var oid: UInt32 { get }
    /// The number of the type of its arrays.
    static var listOID: UInt32 { get }
    func encode(into bytes: inout WireBuffer)
    /// nil when the bytes are no such value.
    init?(wire: UnsafeRawBufferPointer)
}

extension PGValue where Self: FixedWidthInteger {
    func encode(into bytes: inout WireBuffer) {
        bytes.append(self)
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == MemoryLayout<Self>.size else { return nil }
        self = Self(bigEndian: wire.loadUnaligned(as: Self.self))
    }
}

extension Int16: PGValue {
    static var oid: UInt32 { 21 }
    static var listOID: UInt32 { 1005 }
}
extension Int32: PGValue {
    static var oid: UInt32 { 23 }
    static var listOID: UInt32 { 1007 }
}
extension Int64: PGValue {
    static var oid: UInt32 { 20 }
    static var listOID: UInt32 { 1016 }
}

extension Bool: PGValue {
    static var oid: UInt32 { 16 }
    static var listOID: UInt32 { 1000 }

    func encode(into bytes: inout WireBuffer) {
        bytes.append(UInt8(self ? 1 : 0))
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == 1 else { return nil }
        self = wire[0] != 0
    }
}

extension String: PGValue {
    static var oid: UInt32 { 25 }
    static var listOID: UInt32 { 1009 }

    func encode(into bytes: inout WireBuffer) {
        var text = self
        text.withUTF8 { bytes.append($0) }
    }

    init?(wire: UnsafeRawBufferPointer) {
        self.init(validating: wire, as: UTF8.self)
    }
}

extension [UInt8]: PGValue {
    static var oid: UInt32 { 17 }
    static var listOID: UInt32 { 1001 }

    func encode(into bytes: inout WireBuffer) {
        withUnsafeBufferPointer { bytes.append($0) }
    }

    init?(wire: UnsafeRawBufferPointer) {
        self.init(wire)
    }
}

/// Microseconds since 2000-01-01; both ends of the range stand for infinity and are kept as such.
extension Timestamp: PGValue {
    static var oid: UInt32 { 1184 }
    static var listOID: UInt32 { 1185 }
    private static var postgresEpoch: Int64 { 946_684_800_000_000 }

    func encode(into bytes: inout WireBuffer) {
        let (value, overflows) = microseconds.subtractingReportingOverflow(Self.postgresEpoch)
        let isInfinite = microseconds == .max
        (isInfinite ? Int64.max : overflows ? Int64.min : value).encode(into: &bytes)
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard let value = Int64(wire: wire) else { return nil }
        let (microseconds, overflows) = value.addingReportingOverflow(Self.postgresEpoch)
        self.init(microseconds: value == .min ? .min : overflows ? .max : microseconds)
    }
}

extension ResultID: PGValue {
    static var oid: UInt32 { 2950 }
    static var listOID: UInt32 { 2951 }

    func encode(into bytes: inout WireBuffer) {
        for word in [words.high, words.low] { Int64(bitPattern: word).encode(into: &bytes) }
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == 16 else { return nil }
        self.init(bytes: Array(wire))
    }
}

extension Array where Element: PGValue {
    /// A list of one dimension without NULLs; nil for any other.
    init?(listWire wire: UnsafeRawBufferPointer) {
        func number(at offset: Int) -> Int32? {
            guard offset >= 0, offset + 4 <= wire.count else { return nil }
            return Int32(bigEndian: wire.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        }
        guard let dimensions = number(at: 0), number(at: 8) == Int32(bitPattern: Element.oid) else { return nil }
        if dimensions == 0 {
            self = []
            return
        }
        guard dimensions == 1, let count = number(at: 12), count >= 0 else { return nil }
        var list: [Element] = []
        list.reserveCapacity(Int(count))
        var offset = 20
        for _ in 0..<count {
            guard let length = number(at: offset), length >= 0, offset + 4 + Int(length) <= wire.count else {
                return nil
            }
            let bytes = UnsafeRawBufferPointer(rebasing: wire[(offset + 4)..<(offset + 4 + Int(length))])
            guard let value = Element(wire: bytes) else { return nil }
            list.append(value)
            offset += 4 + Int(length)
        }
        self = list
    }
}
