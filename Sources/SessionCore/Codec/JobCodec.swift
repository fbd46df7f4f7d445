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
        let job = try read(key: key, value: value) { check in try? Job(check) }
        guard let job else { preconditionFailure("a job that was accepted has every field that jobs have") }
        return job
    }

    /// The same as a canonical body, without making a text of every field on the way.
    package func accept(key: [UInt8]?, value: [UInt8]?) throws(JobRefusal) -> AcceptedContent {
        try read(key: key, value: value) { check in
            BodyPlaces.with { places in
                let room = min(value?.count ?? 0, 2_048) + 256
                let body = Self.body(of: check, expected: room, places: places).bytes
                return AcceptedContent(
                    order: check.order,
                    campaign: check.text(.campaign),
                    notBefore: check.notBefore,
                    notAfter: check.notAfter,
                    body: body,
                    request: SharedRequest(body, of: check, places)
                )
            }
        }
    }

    private func read<Success>(
        key: [UInt8]?,
        value: [UInt8]?,
        _ make: (JobCheck) -> Success
    ) throws(JobRefusal) -> Success {
        guard let value else {
            throw JobRefusal(.tombstone, detail: "record value: is null; jobs are not deleted, write a JSON object")
        }
        guard !value.isEmpty else {
            throw JobRefusal(.empty, detail: "record value: is empty; write a JSON object")
        }
        let outcome: Result<Success, JobRefusal>
        do {
            outcome = try JobReader.read(value) { draft in
                judge(draft, key: key, value: value, make)
            }
        } catch {
            let isKept = error.kind != .size && !CardNumberGuard.findsCardNumber(in: value)
            throw JobRefusal(RefusalReason(error.kind), detail: error.detail, mayKeepRaw: isKept)
        }
        return try outcome.get()
    }

    private func judge<Success>(
        _ draft: JobDraft,
        key: [UInt8]?,
        value: [UInt8],
        _ make: (JobCheck) -> Success
    ) -> Result<Success, JobRefusal> {
        do throws(JobRefusal) {
            let check = try JobCheck(draft, key: key, rules: rules, accounts: accounts)
            try check.check()
            return .success(make(check))
        } catch {
            var refusal = error
            refusal.order = draft.order(defaultAccount: rules.defaultAccount)
            refusal.mayKeepRaw = error.reason != .pan && !CardNumberGuard.findsCardNumber(in: value)
            return .failure(refusal)
        }
    }
}

/// A record that was accepted: what is looked at on the way, and all that it says as its canonical body.
package struct AcceptedContent: Equatable, Sendable {
    package var order: Order
    package var campaign: String?
    package var notBefore: Timestamp?
    package var notAfter: Timestamp?
    package var body: [UInt8]
    /// The body as a request; nil if that is to be read from it, because it has escapes.
    package var request: SharedRequest?
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
