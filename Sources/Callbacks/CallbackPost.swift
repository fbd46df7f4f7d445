import CashierSignature
import Cryptography
import SessionCore

/// What the provider posts.
package enum CallbackKind: String, CaseIterable, Sendable {
    /// It tells what became of a payment (API 1.3, webhooks/notification).
    case notification
    /// It asks whether a payment may go on (API 1.3, webhooks/validation).
    case validation

    var fields: SignatureFields {
        switch self {
        case .notification: .notification
        case .validation: .validation
        }
    }
}

/// Why a post is not taken. The raw value is the word in logs.
package enum CallbackRefusal: String, Error, CaseIterable, Sendable {
    case notJSON = "not_json"
    /// No account receives callbacks with this merchant_id and application_key.
    case unknownAccount = "unknown_account"
    case noSignature = "no_signature"
    case badSignature = "bad_signature"
    /// A field that the answer depends on is missing or unreadable.
    case badField = "bad_field"
    /// The account has no such order.
    case unknownOrder = "unknown_order"
    /// Older than is taken, or from the future.
    case stale
    /// An old signature under other content.
    case altered

    /// For the provider's people; nothing of the post is in it.
    var description: String {
        switch self {
        case .notJSON: "the body is not one JSON object"
        case .unknownAccount: "merchant_id and application_key are not known here"
        case .noSignature: "the header with the signature is missing"
        case .badSignature: "the signature does not match"
        case .badField: "a field is missing or unreadable"
        case .unknownOrder: "the order is not known here"
        case .stale: "the timestamp is too old or in the future"
        case .altered: "the signature was used for something else before"
        }
    }
}

/// A post whose signature was verified.
struct CallbackPost: Sendable {
    var kind: CallbackKind
    /// Accounts of these credentials whose secret signed the post; at least one.
    var accounts: [CallbackAccount]
    /// The secret that signed it, and that signs the answer: while a secret is being changed, it is the one that the
    /// provider uses.
    var secret: Secret
    var document: PostDocument
    var orderID: String
    var toldAt: Timestamp
    /// SHA-256 of the signature.
    var signatureDigest: [UInt8]

    /// Reads and verifies. Pure.
    init(
        _ kind: CallbackKind,
        body: [UInt8],
        signature: String?,
        accounts: [CallbackAccount],
        bytesMax: Int
    ) throws(CallbackRefusal) {
        let document: PostDocument
        do throws(JSONFault) {
            document = try PostDocument(body, bytesMax: bytesMax)
        } catch {
            throw .notJSON
        }
        let named = accounts.filter { account in
            document.bytes("merchant_id") == Array(account.merchantID.utf8)
                && document.bytes("application_key") == Array(account.applicationKey.utf8)
        }
        guard !named.isEmpty else { throw .unknownAccount }
        guard let signature = signature.map({ Array($0.utf8) }) else { throw .noSignature }
        let signers = named.compactMap { account in
            account.secrets.first { Self.isSigned(document, kind.fields, signature, secret: $0) }.map { (account, $0) }
        }
        guard let (_, secret) = signers.first else { throw .badSignature }
        // From here on the post is the provider's.
        guard let orderID = document.text("session.order_id", max: 50), let seconds = document.integer("timestamp"),
            (0...253_402_300_799).contains(seconds)
        else { throw .badField }
        self.kind = kind
        self.accounts = signers.map(\.0)
        self.secret = secret
        self.document = document
        self.orderID = orderID
        toldAt = Timestamp(seconds: seconds)
        signatureDigest = Hashes.sha256(signature.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 })
    }

    /// Tries each form that a number may have been signed in. Only the conversion rate has two in practice; all
    /// numbers are tried in the same form, so there are two attempts at most.
    private static func isSigned(
        _ document: PostDocument,
        _ fields: SignatureFields,
        _ signature: [UInt8],
        secret: Secret
    ) -> Bool {
        var candidates: [String: [SignedValue]] = [:]
        for name in fields.names {
            let values = document.signed(name)
            guard !values.isEmpty else { return false }
            candidates[name] = values
        }
        let forms = candidates.values.map(\.count).max() ?? 1
        return (0..<forms).contains { form in
            Signature.isValid(signature, fields, secrets: [secret]) { name in
                guard let values = candidates[name] else { return .null }
                return values[min(form, values.count - 1)]
            }
        }
    }
}
