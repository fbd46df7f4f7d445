package import SessionCore

// What refusals looked like: for counting codes that no rule names, and for trying rules on what came before.
extension PostgresStore {
    /// Keeps replies and counts codes, in one transaction. It is not tried again when its answer is lost: it would
    /// count twice. Throws `StoreError`.
    package func record(_ replies: [ReplyRecord], unlisted: [UnlistedSightings]) async throws {
        let accounts = Set(replies.map(\.order.account)).sorted()
        let unlisted = unlisted.sorted { left, right in
            (left.key.account, left.key.code, left.key.httpStatus)
                < (right.key.account, right.key.code, right.key.httpStatus)
        }
        let kept = Int32(Self.repliesMax)
        _ = try await pool.run(repeatsAfterLoss: false) { link in
            try link.transaction { link in
                if !unlisted.isEmpty { try link.run(SQL.Errors.countUnlisted, Self.parameters(unlisted)) }
                guard !replies.isEmpty else { return }
                try link.run(SQL.Replies.insert, Self.parameters(replies))
                for account in accounts { try link.run(SQL.Replies.trim, [.text(account), .int4(kept)]) }
            }
        }
    }

    /// An account's last replies that were no success, newest first. Throws `StoreError`.
    package func lastReplies(account: String, limit: Int) async throws -> [ReplyRecord] {
        try await pool.run { link in
            try link.run(SQL.Replies.last, [.text(account), .int4(Int32(clamping: limit))]).map { row in
                ReplyRecord(
                    order: Order(account: try row.next(), orderID: try row.next()),
                    kind: try row.next(),
                    httpStatus: Int(try row.next(Int16.self)),
                    status: try row.nextIfAny(),
                    text: try row.next(),
                    isByTable: try row.next(),
                    isUnlisted: try row.next(),
                    verdict: try row.next(),
                    code: try row.next(),
                    ruleID: try row.nextIfAny(),
                    at: try row.next()
                )
            }
        }
    }

    private static func parameters(_ unlisted: [UnlistedSightings]) -> [PGParameter] {
        [
            .texts(unlisted.map(\.key.account)), .texts(unlisted.map { $0.key.code.cut(to: 64) }),
            .int2s(unlisted.map { Int16(clamping: $0.key.httpStatus) }), .int8s(unlisted.map(\.count)),
            .texts(unlisted.map { $0.lastText.cut(to: 256) }), .int4(Int32(unlistedCodesMax)),
        ]
    }

    private static func parameters(_ replies: [ReplyRecord]) -> [PGParameter] {
        [
            .texts(replies.map(\.order.account)), .texts(replies.map(\.order.orderID)), .texts(replies.map(\.kind)),
            .int2s(replies.map { Int16(clamping: $0.httpStatus) }), .int8s(replies.map(\.status)),
            .texts(replies.map { $0.text.cut(to: 256) }), .bools(replies.map(\.isByTable)),
            .bools(replies.map(\.isUnlisted)), .texts(replies.map(\.verdict)),
            .texts(replies.map { $0.code.cut(to: 64) }), .texts(replies.map(\.ruleID)),
        ]
    }
}
