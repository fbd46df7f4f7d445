import Cryptography
import SessionCore

extension OrderDetail {
    /// A row of `orders/find`, without attempts and results.
    init(_ row: inout RowReader) throws {
        let jobID: Int64 = try row.next()
        let order = Order(account: try row.next(), orderID: try row.next())
        let generation: Int32 = try row.next()
        let state = try JobState(stored: row.next())
        let lane = try Lane(stored: row.next())
        let campaign = try row.nextIfAny(String.self)
        let attempts: Int16 = try row.next()
        let lookUps: Int16 = try row.next()
        let dueAt: Timestamp = try row.next()
        notAfter = try row.next()
        let leaseUntil = try row.nextIfAny(Timestamp.self)
        let worker = try row.nextIfAny(String.self)
        lastSend = try row.nextIfAny()
        let acceptedAt: Timestamp = try row.next()
        let finishedAt = try row.nextIfAny(Timestamp.self)
        expiresAt = try row.nextIfAny()
        let lastCode = try row.nextIfAny(String.self)
        let lastMessage = try row.nextIfAny(String.self)
        source = RecordPosition(
            topic: try row.nextIfAny() ?? "",
            partition: try row.next(),
            offset: try row.next()
        )
        let heldUntil = try row.nextIfAny(Timestamp.self)
        let reason = try row.nextIfAny(String.self)
        duplicates = Int(try row.next(Int64.self))
        conflicts = Int(try row.next(Int64.self))
        hasBody = try row.next()
        let hasWorker: Bool = try row.next()
        let isServed: Bool = try row.next()
        now = try row.next()
        attendance = isServed ? .served : hasWorker ? .withoutAccount : .nobody
        self.lookUps = Int(lookUps)
        self.attempts = []
        results = []
        summary = OrderSummary(
            jobID: jobID,
            order: order,
            generation: generation,
            state: state,
            lane: lane,
            campaign: campaign,
            attempts: Int(attempts),
            dueAt: dueAt.finite,
            acceptedAt: acceptedAt,
            finishedAt: finishedAt,
            lastCode: lastCode,
            lastMessage: lastMessage
        )
        next = NextStep(
            state: state,
            dueAt: dueAt.finite,
            lease: leaseUntil.map { (worker, $0) },
            hold: heldUntil.map { ($0.finite, reason ?? "") }
        )
    }
}

extension NextStep {
    /// What follows from a row. Pure.
    init(
        state: JobState,
        dueAt: Timestamp?,
        lease: (worker: String?, until: Timestamp)?,
        hold: (until: Timestamp?, reason: String)?
    ) {
        if state.isTerminal {
            self = .nothing
        } else if let lease {
            self = .leased(worker: lease.worker, until: lease.until)
        } else if let dueAt {
            if let hold, hold.until.map({ $0 > dueAt }) ?? true {
                self = .held(until: hold.until, reason: hold.reason)
            } else {
                self = .due(at: dueAt)
            }
        } else {
            self = .operatorDecides
        }
    }
}

extension OrderSummary {
    /// A row of `orders/list`.
    init(_ row: inout RowReader) throws {
        jobID = try row.next()
        order = Order(account: try row.next(), orderID: try row.next())
        generation = try row.next()
        state = try JobState(stored: row.next())
        lane = try Lane(stored: row.next())
        campaign = try row.nextIfAny()
        attempts = Int(try row.next(Int16.self))
        dueAt = try row.next(Timestamp.self).finite
        acceptedAt = try row.next()
        finishedAt = try row.nextIfAny()
        lastCode = try row.nextIfAny()
        lastMessage = try row.nextIfAny()
    }
}

extension AttemptDetail {
    /// A row of `orders/attempts`.
    init(_ row: inout RowReader) throws {
        generation = try row.next()
        number = Int(try row.next(Int16.self))
        let kind: String = try row.next()
        let outcome: String = try row.next()
        let code = try row.nextIfAny(String.self)
        let status = try row.nextIfAny(Int16.self)
        let message = try row.nextIfAny(String.self)
        record = AttemptRecord(
            kind: kind,
            outcome: outcome,
            code: code,
            httpStatus: status.map { Int($0) },
            message: message,
            elapsed: .milliseconds(try row.next(Int32.self))
        )
        sentAt = try row.nextIfAny()
        endedAt = try row.next()
        worker = try row.nextIfAny()
    }
}

/// A row of `orders/results`.
struct SealedResult: Sendable {
    var stored: StoredResult
    var orderID: String
    var value: SealedValue?

    init(_ row: inout RowReader) throws {
        let resultID: ResultID = try row.next()
        orderID = try row.next()
        let generation: Int32 = try row.next()
        let outcome = try ResultOutcome(stored: row.next())
        let createdAt: Timestamp = try row.next()
        let isPending: Bool = try row.next()
        let keyID: String = try row.next()
        value = try row.nextIfAny([UInt8].self).map { SealedValue(keyID: keyID, bytes: $0) }
        stored = StoredResult(
            resultID: resultID,
            generation: generation,
            outcome: outcome,
            createdAt: createdAt,
            isPending: isPending,
            isWiped: value == nil
        )
    }
}

extension StoredEventDetail {
    /// A row of `events/of_job`.
    init(_ row: inout RowReader) throws {
        self.init(
            eventID: try row.next(),
            kind: try TransactionEvent.Kind(stored: row.next()),
            generation: try row.next(),
            tid: try row.nextIfAny(),
            status: try row.next(),
            currency: try row.nextIfAny(),
            amount: try row.nextIfAny(),
            toldAt: try row.next(),
            receivedAt: try row.next(),
            isPending: try row.next()
        )
    }
}

extension QuarantineEntry {
    /// A row of `quarantine/list`.
    init(_ row: inout RowReader) throws {
        record = RecordPosition(
            topic: try row.nextIfAny() ?? "",
            partition: try row.next(),
            offset: try row.next()
        )
        receivedAt = try row.next()
        reason = try row.next()
        field = try row.nextIfAny()
        detail = try row.next()
        account = try row.nextIfAny()
        orderID = try row.nextIfAny()
        rawSHA256 = try row.next()
        hasRaw = try row.next()
    }
}

extension AuditLine {
    /// A row of `audit/list`.
    init(_ row: inout RowReader) throws {
        auditID = try row.next()
        at = try row.next()
        actor = try row.next()
        action = try row.next()
        subject = try row.nextIfAny()
        reason = try row.nextIfAny()
        before = try row.nextIfAny()
        after = try row.nextIfAny()
    }
}

extension QueueStatus {
    /// A row of `jobs/queues`.
    init(_ row: inout RowReader) throws {
        lane = try Lane(stored: row.next())
        account = try row.next()
        dueSince = try row.nextIfAny()
        firstOrderID = try row.nextIfAny()
        parked = Int(try row.next(Int64.self))
        isParkedCut = parked >= Int(PostgresStore.parkedMax)
    }
}

extension Timestamp {
    /// nil for Postgres's infinity.
    var finite: Timestamp? {
        microseconds == .max || microseconds == .min ? nil : self
    }
}
