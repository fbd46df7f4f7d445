import Cryptography
package import SessionCore

// One record that could not become a job.
extension PostgresStore {
    /// What is known of a quarantined record; nil when there is none at that place. Throws `StoreError`.
    package func quarantined(_ record: RecordPosition) async throws -> QuarantineDetail? {
        try await sealedRecord(record)?.detail
    }

    /// The raw value of a quarantined record, once the audit says who asks for it and why; nil when there is no record
    /// at that place. Where no value is stored there is nothing to note. Throws `StoreError`: `.unsealable` when the
    /// value does not open. Nothing may be shown then, nor when the audit cannot be written.
    package func revealQuarantined(_ record: RecordPosition, act: OperatorAct) async throws -> RevealedRecord? {
        guard let found = try await sealedRecord(record) else { return nil }
        guard let sealed = found.value else { return RevealedRecord(detail: found.detail, value: nil) }
        let place = "\(record.topic)[\(record.partition)]@\(record.offset)"
        guard let value = try? keys.open(sealed, associated: Seals.quarantine(record)) else {
            throw StoreError.unsealable("the quarantined record \(place)")
        }
        let asked = "refused for \(found.detail.entry.reason), \(value.count) bytes"
        try await noteReveal(by: "quarantine", of: place, asked: asked, act: act)
        return RevealedRecord(detail: found.detail, value: value)
    }

    private func sealedRecord(_ record: RecordPosition) async throws -> SealedRecord? {
        let place: [PGParameter] = [.text(record.topic), .int4(record.partition), .int8(record.offset)]
        return try await pool.run { link in
            try link.reading { link in
                try link.run(SQL.Quarantine.find, place).first { row in try SealedRecord(&row) }
            }
        }
    }
}
