import CashierClient
import Cryptography
import KafkaTransport
import PostgresStore

/// What this binary is and what it stands on.
enum Version {
    static var usher: String { "0.3.0" }

    /// As they are loaded, not as they were compiled against.
    static var libraries: [(name: String, version: String)] {
        [
            ("librdkafka", KafkaLibrary.version), ("libpq", PostgresLibrary.version),
            ("OpenSSL", CryptographyLibrary.version),
        ]
    }
}
