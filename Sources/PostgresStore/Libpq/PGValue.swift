import SessionCore

/// A Swift type with its binary form on Postgres's wire.
protocol PGValue: Sendable {
    /// The type's number in `pg_type`, which never changes for built-in types.
    static var oid: UInt32 { get }
    func encode(into bytes: inout [UInt8])
    /// nil when the bytes are no such value.
    init?(wire: UnsafeRawBufferPointer)
}

extension PGValue where Self: FixedWidthInteger {
    func encode(into bytes: inout [UInt8]) {
        withUnsafeBytes(of: bigEndian) { bytes.append(contentsOf: $0) }
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == MemoryLayout<Self>.size else { return nil }
        self = Self(bigEndian: wire.loadUnaligned(as: Self.self))
    }
}

extension Int16: PGValue { static var oid: UInt32 { 21 } }
extension Int32: PGValue { static var oid: UInt32 { 23 } }
extension Int64: PGValue { static var oid: UInt32 { 20 } }

extension Bool: PGValue {
    static var oid: UInt32 { 16 }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(self ? 1 : 0)
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == 1 else { return nil }
        self = wire[0] != 0
    }
}

extension String: PGValue {
    static var oid: UInt32 { 25 }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: utf8)
    }

    init?(wire: UnsafeRawBufferPointer) {
        self.init(validating: wire, as: UTF8.self)
    }
}

extension [UInt8]: PGValue {
    static var oid: UInt32 { 17 }

    func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: self)
    }

    init?(wire: UnsafeRawBufferPointer) {
        self.init(wire)
    }
}

/// Microseconds since 2000-01-01; both ends of the range stand for infinity and are kept as such.
extension Timestamp: PGValue {
    static var oid: UInt32 { 1184 }
    private static var postgresEpoch: Int64 { 946_684_800_000_000 }

    func encode(into bytes: inout [UInt8]) {
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

    func encode(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.bytes)
    }

    init?(wire: UnsafeRawBufferPointer) {
        guard wire.count == 16 else { return nil }
        self.init(bytes: Array(wire))
    }
}
