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

    /// What is hashed for it.
    package var bytes: [UInt8] {
        switch self {
        case .null: []
        case .text(let bytes): bytes
        case .integer(let number): Array(String(number).utf8)
        }
    }
}

/// Which fields of a message are signed, in order (API 1.3, overview/authentication and the page of each message). A
/// dot leads into an object.
package struct SignatureFields: Equatable, Sendable {
    package var names: [String]

    package init(_ names: [String]) {
        self.names = names
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

    /// The bytes that are hashed. `value` is asked for each field's name.
    package static func preimage(
        _ fields: SignatureFields,
        secret: Secret,
        value: (String) -> SignedValue
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in fields.names { bytes.append(contentsOf: value(name).bytes) }
        bytes.append(contentsOf: secret.reveal())
        return bytes
    }

    /// 96 lower-case hexadecimal digits.
    package static func sign(_ fields: SignatureFields, secret: Secret, value: (String) -> SignedValue) -> String {
        Hashes.sha384(preimage(fields, secret: secret, value: value)).hex
    }

    /// Whether `signature`, in either case of letters, was made with one of the secrets. Compares bytes, in a time that
    /// does not depend on where they differ.
    package static func isValid(
        _ signature: [UInt8],
        _ fields: SignatureFields,
        secrets: [Secret],
        value: (String) -> SignedValue
    ) -> Bool {
        let given = signature.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        var isValid = false
        for secret in secrets {
            let expected = Array(sign(fields, secret: secret, value: value).utf8)
            if isEqualInConstantTime(given, expected) { isValid = true }
        }
        return isValid
    }
}
