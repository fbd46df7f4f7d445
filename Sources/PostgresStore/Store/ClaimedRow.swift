import Cryptography
import SessionCore

/// A row that `jobs/claim` or `jobs/take_parked` returned, its body still sealed.
struct ClaimedRow: Sendable {
    var lease: LeaseRef
    var state: JobState
    var order: Order
    var generation: Int32
    var lane: Lane
    var campaign: String?
    var attempts: Int16
    var lookUps: Int16
    var acceptedAt: Timestamp
    var notAfter: Timestamp
    var firstSend: Timestamp?
    var lastSend: Timestamp?
    var lastCode: String?
    var body: SealedBody?
    var traceparent: String?
    var now: Timestamp

    init(_ row: inout RowReader) throws {
        lease = LeaseRef(jobID: try row.next(), epoch: try row.next())
        state = try JobState(stored: row.next())
        order = Order(account: try row.next(), orderID: try row.next())
        generation = try row.next()
        lane = try Lane(stored: row.next())
        campaign = try row.nextIfAny()
        attempts = try row.next()
        lookUps = try row.next()
        acceptedAt = try row.next()
        notAfter = try row.next()
        firstSend = try row.nextIfAny()
        lastSend = try row.nextIfAny()
        lastCode = try row.nextIfAny()
        let bodyGeneration = try row.nextIfAny(Int32.self)
        let keyID = try row.nextIfAny(String.self)
        let sealed = try row.nextIfAny([UInt8].self)
        if let bodyGeneration, let keyID, let sealed {
            body = SealedBody(generation: bodyGeneration, value: SealedValue(keyID: keyID, bytes: sealed))
        }
        traceparent = try row.nextIfAny()
        now = try row.next()
    }

    /// A leased row in `ready` was not marked: its time is over.
    var purpose: ClaimPurpose {
        switch state {
        case .sending: .open
        case .verify: .lookUp
        case .ready, .opened, .declined, .failed, .expired, .cancelled: .expire
        }
    }

    /// The job's body; nil where no key opens it.
    func openBody(_ keys: KeyRing) -> [UInt8]? {
        guard let body else { return nil }
        return try? keys.open(body.value, associated: Seals.body(of: order, generation: body.generation))
    }

    /// - Parameter body: nil where it does not open. A job can end without it.
    func job(body: [UInt8]?) -> ClaimedJob {
        ClaimedJob(
            lease: lease,
            purpose: purpose,
            order: order,
            generation: generation,
            lane: lane,
            campaign: campaign,
            attempts: Int(attempts),
            lookUps: Int(lookUps),
            acceptedAt: acceptedAt,
            notAfter: notAfter,
            firstSend: firstSend,
            lastSend: lastSend,
            lastCode: lastCode,
            // A body of another order would be signed and echoed rightly: only this comparison finds it.
            request: body.flatMap { SharedRequest(in: $0, of: order) },
            traceparent: traceparent
        )
    }
}
