import Cryptography

/// The provider's signature, written here a second time, apart from the client's: tests of one check the other.
///
/// SHA-384 over the values one after the other and the secret last, in lower-case hexadecimal; a value that is null,
/// absent or empty adds nothing (API 1.3, overview/authentication).
enum RequestSignature {
    static func digits(_ values: [String?], secret: Secret) -> String {
        var text: [UInt8] = []
        for value in values {
            if let value { text += value.utf8 }
        }
        text += secret.reveal()
        return Hashes.sha384(text).hex
    }

    /// Compares without telling by its duration how much was right.
    static func matches(_ sent: String, _ values: [String?], secret: Secret) -> Bool {
        isEqualInConstantTime(Array(sent.utf8), Array(digits(values, secret: secret).utf8))
    }

    /// The signed fields of a request to open a session (API 1.3, cashier_api/virtual_terminal).
    static let openFields = [
        "merchant_id", "application_key", "timestamp", "intent", "cid", "order_id", "agent_name",
    ]

    /// The signed fields of a look-up (API 1.3, agent_api/find_order).
    static let lookupFields = ["merchant_id", "application_key", "timestamp", "order_id"]
}
