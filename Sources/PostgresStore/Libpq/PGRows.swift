import CLibpq

/// The rows of an answer. Owns libpq's result and frees it.
final class PGRows {
    fileprivate let result: OpaquePointer
    private let statement: String

    /// Takes over `result`.
    init(owning result: OpaquePointer, statement: String) {
        self.result = result
        self.statement = statement
    }

    deinit {
        PQclear(result)
    }

    var count: Int {
        Int(PQntuples(result))
    }

    /// Reads each row; columns are taken in the order of the statement.
    func map<Value>(_ read: (inout RowReader) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in 0..<Int32(count) {
            var reader = RowReader(result: result, row: row, statement: statement)
            values.append(try read(&reader))
        }
        return values
    }

    /// Reads the first row; nil if there is none.
    func first<Value>(_ read: (inout RowReader) throws -> Value) throws -> Value? {
        guard count > 0 else { return nil }
        var reader = RowReader(result: result, row: 0, statement: statement)
        return try read(&reader)
    }
}

/// Reads a row from left to right. Valid while its `PGRows` is.
struct RowReader {
    fileprivate let result: OpaquePointer
    fileprivate let row: Int32
    fileprivate let statement: String
    fileprivate var column: Int32 = 0

    fileprivate init(result: OpaquePointer, row: Int32, statement: String) {
        self.result = result
        self.row = row
        self.statement = statement
    }

    mutating func next<Value: PGValue>(_ type: Value.Type = Value.self) throws -> Value {
        let index = column
        guard let value = try nextIfAny(type) else { throw failure("is NULL", column: index) }
        return value
    }

    mutating func nextIfAny<Value: PGValue>(_ type: Value.Type = Value.self) throws -> Value? {
        let index = column
        guard let wire = try nextWire(of: Value.oid, "\(type)") else { return nil }
        guard let value = Value(wire: wire) else { throw failure("is no \(type)", column: index) }
        return value
    }

    /// A list without NULLs.
    mutating func nextList<Element: PGValue>(of type: Element.Type) throws -> [Element] {
        let index = column
        guard let list = try nextListIfAny(of: type) else { throw failure("is NULL", column: index) }
        return list
    }

    mutating func nextListIfAny<Element: PGValue>(of type: Element.Type) throws -> [Element]? {
        let index = column
        guard let wire = try nextWire(of: Element.listOID, "list of \(type)") else { return nil }
        guard let list = [Element](listWire: wire) else { throw failure("is no list of \(type)", column: index) }
        return list
    }

    private mutating func nextWire(
        of oid: UInt32,
        _ type: @autoclosure () -> String
    ) throws -> UnsafeRawBufferPointer? {
        let index = column
        column += 1
        guard index < PQnfields(result) else { throw failure("is missing", column: index) }
        guard PQgetisnull(result, row, index) == 0 else { return nil }
        guard PQftype(result, index) == oid, let start = PQgetvalue(result, row, index) else {
            throw failure("has another type than \(type())", column: index)
        }
        return UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, index)))
    }

    private func failure(_ what: String, column: Int32) -> PostgresFailure {
        .shape("column \(column + 1) of \(statement) \(what)")
    }
}
