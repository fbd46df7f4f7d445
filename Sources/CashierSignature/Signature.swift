package import Cryptography

/// A value of a signed field.
package enum SignedValue: Equatable, Sendable {
    /// Null or absent: contributes nothing.
    case null
    /// The decoded text, exactly: no trimming, no change of case, no normalisation.
    case text([UInt8])
    /// Plain decimal.
    case integer(Int64)

    package static func text(_ text: String) -> SignedValue {
        .text(Array(text.utf8))
    }
}

/// A field of a request that can be signed, by its name.
package enum RequestField: String, CaseIterable, Sendable {
    case merchantID = "merchant_id"
    case applicationKey = "application_key"
    case timestamp
    case intent
    case cid
    case orderID = "order_id"
    case agentName = "agent_name"
    /// Signed in API 1.1 only (integration_docs/3.1, how_to_build_signature).
    case version
}

/// Which fields of a message are signed, in order (API 1.3, overview/authentication and the page of each message). A
/// dot leads into an object.
package struct SignatureFields: Equatable, Sendable {
    /// Each message is signed or verified with them: one reference to count, instead of each list.
    private final class Lists: Sendable {
        let names: [String]
        let requestFields: [RequestField?]
        let replyPlaces: [Int]
        let others: [String]

        init(_ names: [String]) {
            self.names = names
            requestFields = names.map { RequestField(rawValue: $0) }
            var others: [String] = []
            replyPlaces = names.map { name in
                if let field = ReplyField.byPath[name] { return field.rawValue }
                others.append(name)
                return ReplyField.allCases.count + others.count - 1
            }
            self.others = others
        }
    }

    private let lists: Lists

    package init(_ names: [String]) {
        lists = Lists(names)
    }

    package var names: [String] { lists.names }
    /// What each name is in a request; nil for what no request has.
    package var requestFields: [RequestField?] { lists.requestFields }
    /// The number of the `ReplyField` that each is, or its place among `others` behind those.
    package var replyPlaces: [Int] { lists.replyPlaces }
    /// The names that are not among the `ReplyField`s.
    package var others: [String] { lists.others }

    package static func == (one: SignatureFields, other: SignatureFields) -> Bool {
        one.names == other.names
    }

    /// Opening a session (API 1.3, cashier_api/virtual_terminal).
    package static let request = SignatureFields([
        "merchant_id", "application_key", "timestamp", "intent", "cid", "order_id", "agent_name",
    ])
    /// The answer to it (same page).
    package static let response = SignatureFields(["status", "timestamp", "redirect_url", "customer.customer_token"])
    /// Looking an order up (API 1.3, agent_api/find_order).
    package static let findOrder = SignatureFields(["merchant_id", "application_key", "timestamp", "order_id"])
    /// The provider tells what became of a payment (API 1.3, webhooks/notification).
    package static let notification = SignatureFields([
        "merchant_id", "application_key", "timestamp", "customer.customer_token", "session.order_id", "transaction.tid",
        "transaction.currency", "transaction.amount", "transaction.conversion_rate", "transaction.processed_currency",
        "transaction.processed_amount",
    ])
    /// The provider asks whether a payment may go on (API 1.3, webhooks/validation).
    package static let validation = SignatureFields([
        "merchant_id", "application_key", "timestamp", "customer.customer_token", "session.order_id",
        "transaction_attempt.currency", "transaction_attempt.amount", "transaction_attempt.conversion_rate",
        "transaction_attempt.attempted_currency", "transaction_attempt.attempted_amount",
    ])
    /// The provider asks for a customer's data (API 1.3, webhooks/customer_sync).
    package static let customerSync = SignatureFields(["merchant_id", "application_key", "timestamp", "cid"])
    /// The answer to each of those three (API 1.3, overview/authentication).
    package static let acknowledgement = SignatureFields(["status", "timestamp"])
}

/// The provider's signature: SHA-384 over the values and the secret, without separators, in lower-case hexadecimal
/// (API 1.3, overview/authentication). It is not an HMAC and covers few fields; TLS and the echoes carry the rest.
package enum Signature {
    /// The header that carries it, in requests and in answers.
    package static let header = "Gt-Authentication"

    /// 96 lower-case hexadecimal digits. `value` is asked for each field's name.
    package static func sign(_ fields: SignatureFields, secret: Secret, value: (String) -> SignedValue) -> String {
        sign(secret: secret) { add(fields, value, to: $0) }
    }

    /// 96 lower-case hexadecimal digits of what `values` adds and the secret.
    package static func sign(secret: Secret, values: (borrowing HashInput) -> Void) -> String {
        Hashes.sha384Digits { input in
            values(input)
            input.add(secret)
        }
    }

    /// Whether `signature`, in either case of letters, was made with one of the secrets. Compares bytes, in a time that
    /// does not depend on where they differ.
    package static func isValid(
        _ signature: [UInt8],
        _ fields: SignatureFields,
        secrets: [Secret],
        value: (String) -> SignedValue
    ) -> Bool {
        signature.withUnsafeBytes { signature in
            isValid(signature, secrets: secrets) { add(fields, value, to: $0) }
        }
    }

    /// The same for what `values` adds.
    package static func isValid(
        _ signature: UnsafeRawBufferPointer,
        secrets: [Secret],
        values: (borrowing HashInput) -> Void
    ) -> Bool {
        var isValid = false
        for index in secrets.indices {
            let isMade = Hashes.isSHA384(signature) { input in
                values(input)
                input.add(secrets[index])
            }
            if isMade { isValid = true }
        }
        return isValid
    }

    private static func add(
        _ fields: SignatureFields,
        _ value: (String) -> SignedValue,
        to input: borrowing HashInput
    ) {
        for name in fields.names {
            switch value(name) {
            case .null: break
            case .text(let bytes): input.add(bytes)
            case .integer(let number): input.add(number)
            }
        }
    }
}
