/// Turns records of the jobs topic into jobs, or says why not. Pure, and safe to share between threads.
package struct JobCodec: Sendable {
    package let rules: JobRules
    private let accounts: [String: JobAccount]

    package init(rules: JobRules) {
        self.rules = rules
        accounts = rules.accounts.mapValues { JobAccount(rules: $0) }
    }

    /// The job that a record asks for. `key` and `value` are nil where Kafka had null.
    ///
    /// Where a record has several faults, one is reported: of the text before those of fields, a card number before
    /// other fields, then the first in the record, then what concerns several fields or the account.
    package func decode(key: [UInt8]?, value: [UInt8]?) throws(JobRefusal) -> Job {
        guard let value else {
            throw JobRefusal(.tombstone, detail: "record value: is null; jobs are not deleted, write a JSON object")
        }
        guard !value.isEmpty else {
            throw JobRefusal(.empty, detail: "record value: is empty; write a JSON object")
        }
        let outcome: Result<Job, JobRefusal>
        do {
            outcome = try JobReader.read(value, customerKey: rules.customerKey) { judge($0, key: key, value: value) }
        } catch {
            let isKept = error.kind != .size && !CardNumberGuard.findsCardNumber(in: value)
            throw JobRefusal(RefusalReason(error.kind), detail: error.detail, mayKeepRaw: isKept)
        }
        return try outcome.get()
    }

    private func judge(_ draft: JobDraft, key: [UInt8]?, value: [UInt8]) -> Result<Job, JobRefusal> {
        do throws(JobRefusal) {
            return .success(try JobCheck(draft, key: key, rules: rules, accounts: accounts).job())
        } catch {
            var refusal = error
            refusal.order = draft.order(defaultAccount: rules.defaultAccount)
            refusal.mayKeepRaw = error.reason != .pan && !CardNumberGuard.findsCardNumber(in: value)
            return .failure(refusal)
        }
    }
}

extension JSONFault {
    /// For the producer's developers: where, and what to do.
    fileprivate var detail: String {
        let advice =
            switch kind {
            case .dupKey: "a key stands twice in its object; write each once"
            case .nul: "the character U+0000 is not allowed, escaped or not; remove it"
            case .utf8: "is not plain UTF-8; write UTF-8 without a byte order mark and without lone surrogates"
            case .syntax: "is not JSON by RFC 8259; use a JSON library to write it"
            case .depth: "objects and arrays are nested deeper than \(JSONLimits.job.depth)"
            case .keys: "has more than \(JSONLimits.job.keys) keys"
            case .size: "has more than \(JSONLimits.job.size) bytes"
            }
        return "record value, byte \(offset): \(advice)"
    }
}
