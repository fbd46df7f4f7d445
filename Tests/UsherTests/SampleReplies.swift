import CashierClient
import SessionCore

@testable import usher

/// Replies that were no success, for tests of what is made of them.
enum SampleReplies {
    static func reply(
        _ number: Int,
        status: Int64?,
        text: String = "",
        httpStatus: Int = 200,
        then verdict: String? = nil
    ) -> ReplyRecord {
        let judgement = ErrorTable.standard.judge(
            status: status,
            text: Array(text.utf8),
            httpStatus: httpStatus,
            kind: .open
        )
        return ReplyRecord(
            order: Order(account: "main", orderID: "o-\(number)"),
            kind: AttemptRecord.open,
            httpStatus: httpStatus,
            status: status,
            text: text,
            isByTable: true,
            isUnlisted: judgement.isUnlisted,
            verdict: verdict ?? judgement.outcome.verdict,
            code: judgement.code,
            ruleID: judgement.rule?.id
        )
    }

    static func unlisted(_ number: Int) -> ReplyRecord {
        reply(number, status: 417, text: "limit reached")
    }
}
