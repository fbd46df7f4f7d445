import CashierClient
import SessionCore

/// What another error table would have made of replies that came. Pure.
struct TableComparison: Equatable {
    /// Replies that both tables take alike.
    struct Group: Equatable {
        var before: Taken
        var after: Taken
        var count: Int
        /// The newest, at most three.
        var orders: [String]

        var isChange: Bool { before != after }
        /// Whether an unknown outcome became a definite one.
        var breaksDoubt: Bool { before.isUnknown && !after.isUnknown }
    }

    /// What a table takes a reply for.
    struct Taken: Hashable {
        /// `-` where no rule decides.
        var rule: String
        var verdict: String
        var code: String
        var message: String
        var retry: RetryWords

        var isUnknown: Bool {
            [CallOutcome.unknown, .refused(.maintenance)].contains { $0.verdict == verdict }
        }
        /// `400-invalid: declined`.
        var words: String { rule == "-" ? "no rule: \(verdict)" : "\(rule): \(verdict)" }
    }

    /// A retry rule, to compare by.
    struct RetryWords: Hashable {
        var firstWait: Duration?
        var waitCap: Duration?
        var attemptsMax: Int?
    }

    /// All replies, with those that no table decides.
    let total: Int
    /// Most changes first, then most replies first.
    let groups: [Group]
    /// Replies that were taken otherwise when they came than by the first table now.
    let takenOtherwiseThen: Int

    /// - Parameters:
    ///   - replies: newest first.
    ///   - after: nil to see only what the first table makes of them.
    init(_ replies: [ReplyRecord], before: ErrorTable, after: ErrorTable? = nil) {
        struct Key: Hashable {
            var before: Taken
            var after: Taken
        }
        var found: [Key: Group] = [:]
        var otherwise = 0
        for reply in replies {
            let old = Taken(reply, by: before)
            let new = after.map { Taken(reply, by: $0) } ?? old
            if reply.isByTable, old.verdict != reply.verdict || old.code != reply.code { otherwise += 1 }
            let key = Key(before: old, after: new)
            var group = found[key] ?? Group(before: old, after: new, count: 0, orders: [])
            group.count += 1
            let orderID = reply.order.orderID
            if group.orders.count < 3, !group.orders.contains(orderID) { group.orders.append(orderID) }
            found[key] = group
        }
        total = replies.count
        takenOtherwiseThen = otherwise
        groups = found.values.sorted { left, right in
            (left.isChange ? 0 : 1, -left.count, left.before.words, left.after.words, left.orders.first ?? "")
                < (
                    right.isChange ? 0 : 1, -right.count, right.before.words, right.after.words,
                    right.orders.first ?? ""
                )
        }
    }

    var changes: [Group] { groups.filter(\.isChange) }
    var changed: Int { changes.reduce(0) { $0 + $1.count } }
    /// Replies of unknown outcome that would be taken for a definite answer.
    var newlyDefinite: Int { changes.filter(\.breaksDoubt).reduce(0) { $0 + $1.count } }
}

extension TableComparison.Taken {
    init(_ reply: ReplyRecord, by table: ErrorTable) {
        if let judgement = table.judge(reply) {
            self.init(judgement)
        } else {
            self.init(
                rule: "-",
                verdict: reply.verdict,
                code: reply.code,
                message: "",
                retry: TableComparison.RetryWords()
            )
        }
    }

    init(_ judgement: ErrorJudgement) {
        let retry = judgement.rule?.retry ?? RetryRule()
        self.init(
            rule: judgement.rule?.id ?? "-",
            verdict: judgement.outcome.verdict,
            code: judgement.code,
            message: judgement.advice,
            retry: TableComparison.RetryWords(
                firstWait: retry.firstWait,
                waitCap: retry.waitCap,
                attemptsMax: retry.attemptsMax
            )
        )
    }
}
