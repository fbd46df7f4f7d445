import SessionCore

@testable import PostgresStore

/// Orders as the store reads them, for tests of what is printed.
enum SampleOrder {
    /// 2026-11-21T12:00:00Z.
    static let now = Timestamp(seconds: 1_795_262_400)

    static func summary(_ state: JobState, attempts: Int = 0, dueAt: Timestamp? = now) -> OrderSummary {
        OrderSummary(
            jobID: 7,
            order: Order(account: "main", orderID: "order-17"),
            generation: 1,
            state: state,
            lane: .interactive,
            campaign: nil,
            attempts: attempts,
            dueAt: dueAt,
            acceptedAt: now.advanced(by: .seconds(-90)),
            finishedAt: state.isTerminal ? now.advanced(by: .seconds(-60)) : nil,
            lastCode: nil,
            lastMessage: nil
        )
    }

    static func detail(_ state: JobState, _ next: NextStep, attempts: Int = 0) -> OrderDetail {
        OrderDetail(
            summary: summary(state, attempts: attempts),
            lookUps: 0,
            notAfter: now.advanced(by: .seconds(3_600)),
            lastSend: nil,
            expiresAt: nil,
            source: RecordPosition(topic: "jobs", partition: 2, offset: 40),
            duplicates: 0,
            conflicts: 0,
            hasBody: true,
            next: next,
            attempts: [],
            results: [],
            now: now
        )
    }

    static func attempt(_ number: Int, _ outcome: String, kind: String = "open", code: String? = nil) -> AttemptDetail {
        AttemptDetail(
            generation: 1,
            number: number,
            record: AttemptRecord(
                kind: kind,
                outcome: outcome,
                code: code,
                httpStatus: 200,
                message: "said so",
                elapsed: .milliseconds(340)
            ),
            sentAt: now,
            endedAt: now.advanced(by: .seconds(-60)),
            worker: "host:1"
        )
    }

    static func result(_ outcome: ResultOutcome, isPending: Bool = false, isWiped: Bool = false) -> StoredResult {
        StoredResult(
            resultID: ResultID(bytes: Array(0..<16)),
            generation: 1,
            outcome: outcome,
            createdAt: now.advanced(by: .seconds(-60)),
            isPending: isPending,
            isWiped: isWiped
        )
    }

    static func refused(_ offset: Int64, _ reason: String = "amount") -> QuarantineEntry {
        QuarantineEntry(
            record: RecordPosition(topic: "jobs", partition: 2, offset: offset),
            receivedAt: now,
            reason: reason,
            field: "amount",
            detail: "amount: write a whole number",
            account: "main",
            orderID: "order-17",
            rawSHA256: [],
            hasRaw: true
        )
    }
}
