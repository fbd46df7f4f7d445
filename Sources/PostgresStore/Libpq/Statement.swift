import Cryptography

/// A query of `sql/queries`, prepared once a connection under its name.
struct Statement: Sendable {
    /// `entity/verb`, as the file is called.
    let name: String
    let text: String
}

/// A file of `sql/session`: sent as it stands, may hold several statements, takes no parameters.
struct Script: Sendable {
    let name: String
    let text: String
}

/// A file of `sql/migrations`.
struct Migration: Sendable {
    let version: Int32
    let name: String
    let text: String

    var sha256: [UInt8] {
        Hashes.sha256(Array(text.utf8))
    }
}
