package import SessionCore

// Holds of accounts.
extension PostgresStore {
    package func hold(account: String, _ cause: HoldCause, trialAfter: Duration) async throws {
        let parameters: [PGParameter] = [
            .text(account), .text(cause.kind.rawValue), .optional(cause.lasts) { .int8($0.wholeMicroseconds) },
            cause.kind.hasTrials ? .int8(trialAfter.wholeMicroseconds) : .null, .text(cause.code.cut(to: 64)),
            .text(cause.reason.cut(to: 512)),
        ]
        _ = try await pool.run { link in try link.run(SQL.Holds.hold, parameters).count }
    }

    package func holds() async throws -> [AccountHold] {
        try await pool.run { link in try Self.readHolds(link) }
    }

    static func readHolds(_ link: PostgresLink) throws -> [AccountHold] {
        try link.run(SQL.Holds.list).map { row in try AccountHold(&row) }.compactMap(\.self)
    }

    package func beginTrial(account: String, next: Duration) async throws -> Bool {
        let parameters: [PGParameter] = [
            .text(account), .int8(next.wholeMicroseconds), .int2s(Lane.allCases.map(\.rawValue)),
        ]
        return try await pool.run { link in try link.run(SQL.Holds.beginTrial, parameters).count > 0 }
    }

    package func endHold(account: String, trialSent sent: Timestamp) async throws {
        _ = try await pool.run { link in try link.run(SQL.Holds.end, [.text(account), .time(sent)]).count }
    }

    /// Makes a held account's next trial due at once: something about the account has changed. Throws `StoreError`.
    package func hastenTrial(account: String) async throws {
        _ = try await pool.run { link in try link.run(SQL.Holds.hasten, [.text(account)]).count }
    }

    package func report(_ reports: [AccountReport]) async throws {
        let worker = try await workerID()
        let parameters: [PGParameter] = [
            .int8(worker), .texts(reports.map(\.account)), .int4s(reports.map { Int32(clamping: $0.inFlight) }),
            .int4s(reports.map { Int32(clamping: $0.concurrency) }),
            .int4s(reports.map { Int32(clamping: $0.concurrencyMax) }), .texts(reports.map(\.breaker)),
            .int8s(reports.map { $0.clockDifference?.wholeMicroseconds }),
            .int8s(reports.map(\.clockAdjustment.wholeMicroseconds)), .times(reports.map(\.lookUpRefusedAt)),
        ]
        _ = try await pool.run { link in try link.run(SQL.Holds.report, parameters).count }
    }
}

// What an operator asks and does.
extension PostgresStore {
    /// How accounts do: their holds, what the workers say of them, and what waits, in one snapshot. Counting the
    /// waiting jobs of a lane stops at `countMax`. Throws `StoreError`.
    package func accountStates(_ accounts: [String], countMax: Int) async throws -> [AccountState] {
        let count: [PGParameter] = [.texts(accounts), .int4(Int32(clamping: countMax))]
        return try await pool.run { link in
            try link.reading(SQL.Session.beginSnapshot) { link in
                let holds = try Self.readHolds(link)
                let reports = try link.run(SQL.Holds.reports).map { row in try WorkerReport(&row) }
                return try link.run(SQL.Holds.waiting, count).map { row in
                    let account: String = try row.next()
                    return AccountState(
                        account: account,
                        holds: holds.filter { $0.account == account },
                        reports: reports.filter { $0.report.account == account },
                        waiting: Int(try row.next(Int64.self)),
                        due: Int(try row.next(Int64.self)),
                        isWaitingCut: try row.next(),
                        isDueCut: try row.next(),
                        parked: Int(try row.next(Int64.self)),
                        isParkedCut: try row.next(),
                        now: try row.next()
                    )
                }
            }
        }
    }

    /// A person holds an account: none of its jobs starts until a person releases it. Audited. Returns another
    /// operator's hold that it takes the place of: there is one of them, and who placed it last may release it.
    /// Throws `StoreError`; after `.unavailable` it may have happened.
    @discardableResult
    package func placeHold(account: String, act: OperatorAct) async throws -> OperatorHold? {
        let actor = act.actor.cut(to: 128)
        let parameters: [PGParameter] = [.text(account), .text(act.reason.cut(to: 512)), .text(actor)]
        // Done again after an answer that was lost, it would be noted twice.
        return try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link -> OperatorHold? in
                try link.run(SQL.Holds.takeTurn, [.text(account)])
                let rows = try link.run(SQL.Holds.place, parameters)
                let before: OperatorHold? = try rows.first { row in try OperatorHold(&row) } ?? nil
                let entry = AuditEntry(
                    act: act,
                    action: "account hold",
                    subject: account,
                    before: before.map { "held by \($0.actor): \($0.reason)" },
                    after: "held by an operator"
                )
                try entry.write(link)
                return before?.actor == actor ? nil : before
            }
        }
    }

    /// A person releases an account from what a fault, maintenance and a delay hold, and from a hold of that person's
    /// own. While another operator holds it nothing is changed, unless `endsOthers`. Audited, unless nothing held it.
    /// Throws `StoreError`; after `.unavailable` it may have happened.
    package func releaseHolds(
        account: String,
        act: OperatorAct,
        endsOthers: Bool = false
    ) async throws -> HoldRelease {
        let actor = act.actor.cut(to: 128)
        // Done again after an answer that was lost, it would say that nothing held the account.
        return try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link -> HoldRelease in
                let found = try link.run(SQL.Holds.lock, [.text(account)]).map { row in try LockedHold(&row) }
                let inForce = found.filter(\.isInForce)
                let others = inForce.compactMap { $0.operatorHold(besides: actor) }
                if let other = others.first, !endsOthers { return .refused(other) }
                guard !found.isEmpty else { return .released([]) }
                try link.run(SQL.Holds.release, [.text(account), .texts(found.map(\.kind))])
                guard !inForce.isEmpty else { return .released([]) }
                let entry = AuditEntry(
                    act: act,
                    action: "account release",
                    subject: account,
                    before: inForce.map { $0.text(for: actor) }.joined(separator: "; "),
                    after: "not held"
                )
                try entry.write(link)
                return .released(inForce.compactMap { HoldKind(rawValue: $0.kind) })
            }
        }
    }
}

/// What came of a release.
package enum HoldRelease: Equatable, Sendable {
    /// What had held the account until then.
    case released([HoldKind])
    /// Nothing was changed: this operator holds the account, too.
    case refused(OperatorHold)
}

/// A hold that a person placed.
package struct OperatorHold: Equatable, Sendable {
    package var actor: String
    package var heldAt: Timestamp
    package var reason: String
}

/// How an account does.
package struct AccountState: Equatable, Sendable {
    package var account: String
    /// In force, oldest first.
    package var holds: [AccountHold]
    /// By the workers that live.
    package var reports: [WorkerReport]
    /// Jobs that wait, those that are due first.
    package var waiting: Int
    /// Of these, those whose time has come.
    package var due: Int
    /// Whether counting what waits stopped at its bound: there may be more.
    package var isWaitingCut: Bool
    /// Whether counting what is due stopped there.
    package var isDueCut: Bool
    /// Orders that wait for an operator; they are among `waiting`.
    package var parked: Int
    /// Whether counting those stopped there.
    package var isParkedCut: Bool
    /// Database time of this answer.
    package var now: Timestamp

    package init(
        account: String,
        holds: [AccountHold],
        reports: [WorkerReport],
        waiting: Int,
        due: Int,
        isWaitingCut: Bool = false,
        isDueCut: Bool = false,
        parked: Int = 0,
        isParkedCut: Bool = false,
        now: Timestamp
    ) {
        self.account = account
        self.holds = holds
        self.reports = reports
        self.waiting = waiting
        self.due = due
        self.isWaitingCut = isWaitingCut
        self.isDueCut = isDueCut
        self.parked = parked
        self.isParkedCut = isParkedCut
        self.now = now
    }
}

/// What one worker says of an account.
package struct WorkerReport: Equatable, Sendable {
    package var worker: String
    package var at: Timestamp
    package var report: AccountReport

    package init(worker: String, at: Timestamp, report: AccountReport) {
        self.worker = worker
        self.at = at
        self.report = report
    }

    /// A row of `holds/reports`.
    init(_ row: inout RowReader) throws {
        let account: String = try row.next()
        worker = try row.next()
        at = try row.next()
        report = AccountReport(
            account: account,
            inFlight: Int(try row.next(Int32.self)),
            concurrency: Int(try row.next(Int32.self)),
            concurrencyMax: Int(try row.next(Int32.self)),
            breaker: try row.next(),
            clockDifference: try row.nextIfAny(Int64.self).map { .microseconds($0) },
            clockAdjustment: .microseconds(try row.next(Int64.self)),
            lookUpRefusedAt: try row.nextIfAny()
        )
    }
}

/// A row of `holds/lock`.
private struct LockedHold: Sendable {
    /// May be one that this version does not know.
    var kind: String
    var heldAt: Timestamp
    var isInForce: Bool
    var reason: String
    var actor: String?

    init(_ row: inout RowReader) throws {
        kind = try row.next()
        heldAt = try row.next()
        isInForce = try row.next()
        reason = try row.next()
        actor = try row.nextIfAny()
    }

    /// A person's hold, unless it is `person`'s own.
    func operatorHold(besides person: String) -> OperatorHold? {
        guard let actor, actor != person else { return nil }
        return OperatorHold(actor: actor, heldAt: heldAt, reason: reason)
    }

    /// For the audit of what `person` ends.
    func text(for person: String) -> String {
        operatorHold(besides: person).map { "\(kind), by \($0.actor): \(reason)" } ?? "\(kind): \(reason)"
    }
}

extension OperatorHold {
    /// A row of `holds/place`; nil where nobody held the account.
    init?(_ row: inout RowReader) throws {
        let actor = try row.nextIfAny(String.self)
        let heldAt = try row.nextIfAny(Timestamp.self)
        let reason = try row.nextIfAny(String.self)
        guard let actor, let heldAt, let reason else { return nil }
        self.init(actor: actor, heldAt: heldAt, reason: reason)
    }
}

extension AccountHold {
    /// A row of `holds/list`; nil for a kind that this version does not know.
    init?(_ row: inout RowReader) throws {
        let account: String = try row.next()
        let kind: String = try row.next()
        let heldAt: Timestamp = try row.next()
        let until: Timestamp = try row.next()
        let trialAt: Timestamp? = try row.nextIfAny()
        let code: String? = try row.nextIfAny()
        let reason: String = try row.next()
        let actor: String? = try row.nextIfAny()
        guard let kind = HoldKind(rawValue: kind) else { return nil }
        self.init(
            account: account,
            kind: kind,
            heldAt: heldAt,
            until: until.finite,
            trialAt: trialAt,
            code: code,
            reason: reason,
            actor: actor
        )
    }
}
