import Cryptography
package import SessionCore

/// All that is known of a quarantined record but its value.
package struct QuarantineDetail: Equatable, Sendable {
    package var entry: QuarantineEntry
    /// How many bytes the raw value has; nil where it is not stored.
    package var rawBytes: Int?
    /// The raw value was stored, and its time is over. False as well where it was never kept.
    package var isWiped: Bool
    /// Database time of this answer.
    package var now: Timestamp
}

/// A quarantined record with its value, which may hold personal data: only for whoever is in the audit by then.
package struct RevealedRecord: Sendable {
    package var detail: QuarantineDetail
    /// nil where it is not stored, or not asked for.
    package var value: [UInt8]?

    package init(detail: QuarantineDetail, value: [UInt8]?) {
        self.detail = detail
        self.value = value
    }
}

/// A row of `quarantine/find`.
struct SealedRecord: Sendable {
    var detail: QuarantineDetail
    var value: SealedValue?

    init(_ row: inout RowReader) throws {
        let entry = try QuarantineEntry(&row)
        let isWiped: Bool = try row.next()
        let keyID = try row.nextIfAny(String.self)
        let sealed = try row.nextIfAny([UInt8].self)
        if let keyID, let sealed { value = SealedValue(keyID: keyID, bytes: sealed) }
        detail = QuarantineDetail(
            entry: entry,
            rawBytes: sealed.map { $0.count - Sealer.overhead },
            isWiped: isWiped,
            now: try row.next()
        )
    }
}
