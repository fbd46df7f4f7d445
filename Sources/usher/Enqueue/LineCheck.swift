import Cryptography
import SessionCore

/// A line that will not be sent, and why. Holds no value of the line but its order id.
struct BadLine: Equatable, Sendable {
    var line: Int
    /// A word of `RefusalReason`, or `conflict`.
    var reason: String
    var field: String?
    var detail: String
    var orderID: String?
}

/// Checks lines one by one: each for itself, and against those before it. Pure.
struct LineCheck {
    enum Verdict: Equatable {
        case good(Job)
        /// A job like that of an earlier line, to the byte.
        case repeated(Job, of: Int)
        case bad(BadLine)
    }

    /// What is kept of a good line: with a million of them, texts would be too much.
    private struct Seen {
        var line: Int
        var content: Print
    }

    /// Half of a SHA-256: two different texts do not share it.
    private struct Print: Hashable {
        var high: UInt64
        var low: UInt64

        init(_ bytes: [UInt8]) {
            let digest = Hashes.sha256(bytes)
            high = digest[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
            low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private let codec: JobCodec
    private var seen: [Print: Seen] = [:]

    init(rules: JobRules) {
        codec = JobCodec(rules: rules)
    }

    mutating func check(_ line: InputLine) -> Verdict {
        let job: Job
        do {
            job = try codec.decode(newValue: line.bytes)
        } catch {
            return .bad(BadLine(line: line.number, refusal: error))
        }
        // Neither part of an order's identity holds a space.
        let order = Print(Array("\(job.order.account) \(job.order.orderID)".utf8))
        let content = Print(JobCodec.canonicalBody(job))
        guard let earlier = seen[order] else {
            seen[order] = Seen(line: line.number, content: content)
            return .good(job)
        }
        if earlier.content == content { return .repeated(job, of: earlier.line) }
        return .bad(
            BadLine(
                line: line.number,
                reason: "conflict",
                field: "order_id",
                detail: "line \(earlier.line) has the same order with other content; give one of them its own order_id",
                orderID: job.order.orderID
            )
        )
    }
}

extension BadLine {
    init(line: Int, refusal: JobRefusal) {
        self.init(
            line: line,
            reason: refusal.reason.rawValue,
            field: refusal.field,
            detail: refusal.detail,
            orderID: refusal.order?.orderID
        )
    }
}
