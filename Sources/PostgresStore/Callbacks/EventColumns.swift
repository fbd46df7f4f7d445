import Cryptography
import SessionCore

/// A batch of events as the columns that `events/record` takes.
struct EventColumns: Sendable {
    private var rows: [(new: NewEvent, sealed: SealedValue)]

    init(_ events: [NewEvent], keys: KeyRing) {
        rows = events.map { new in
            let associated = Seals.event(new.event.eventID, orderID: new.event.order.orderID)
            return (new, keys.seal(new.value, associated: associated))
        }
    }

    /// What `events/fence` takes.
    static func fence(_ events: [NewEvent], freshness: Duration) -> [PGParameter] {
        [
            .byteLists(events.map(\.signatureDigest)), .times(events.map(\.event.toldAt)),
            .int8(freshness.wholeMicroseconds),
        ]
    }

    func parameters(freshness: Duration, lease: Duration) -> [PGParameter] {
        [
            .uuids(rows.map(\.new.event.eventID)),
            .int8s(rows.map(\.new.jobID)),
            .times(rows.map(\.new.event.toldAt)),
            .int8s(rows.map(\.new.event.transaction?.tid)),
            .int8s(rows.map(\.new.event.transaction?.amount)),
            .int8s(rows.map(\.new.event.transaction?.processedAmount)),
            .int4s(rows.map(\.new.event.generation)),
            .int2s(rows.map(\.new.event.kind.stored)),
            .texts(rows.map(\.new.event.order.orderID)),
            .texts(rows.map(\.new.event.status)),
            .texts(rows.map(\.new.event.transaction?.currency)),
            .byteLists(rows.map(\.new.signatureDigest)),
            .byteLists(rows.map { Hashes.sha256($0.new.value) }),
            .byteLists(rows.map(\.sealed.bytes)),
            .int8(freshness.wholeMicroseconds),
            .int8(lease.wholeMicroseconds),
            .texts(rows.map(\.sealed.keyID)),
        ]
    }
}

extension TransactionEvent.Kind {
    /// As Postgres has it.
    var stored: Int16 {
        switch self {
        case .transaction: 1
        case .session: 2
        }
    }

    init(stored: Int16) throws {
        guard let kind = Self.allCases.first(where: { $0.stored == stored }) else {
            throw PostgresFailure.shape("\(stored) is no kind of event")
        }
        self = kind
    }
}
