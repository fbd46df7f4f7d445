import Cryptography
import SessionCore

// Whether the keys that this process has are those that fill the database.
extension PostgresStore {
    /// How many stored jobs are looked at: the newest to tell what is sealed with now, and from either end to tell the
    /// keys of a database that knows none.
    private static let evidenceMax: Int32 = 50
    /// Of how many values of each kind, the oldest, the keys are told.
    private static let oldestMax: Int32 = 1_000

    /// Has the database know this ring's keys, unless one of them is another than the database's of its id, or one is
    /// missing: then nothing is written. To be called before anything is sealed. Throws `StoreError`.
    ///
    /// - Returns: how they stood to the database's until then.
    package func learnKeys() async throws -> KeyStatus {
        let keys = keys
        let holder = identity.name
        return try await pool.run { link in
            try link.transaction { link in
                let status = try Self.status(of: keys, link)
                guard status.isRight, !status.new.isEmpty else { return status }
                let new = keys.checkValues.filter { status.new.contains($0.keyID) }
                try link.run(SQL.Keys.learn, [.texts(new.map(\.keyID)), .byteLists(new.map(\.bytes)), .text(holder)])
                let after = KeyStatus(keys.checkValues, known: try Self.knownKeys(link))
                guard after.foreign.isEmpty else {
                    // Taken back and run again: it finds the other's keys then, and leaves none of its own.
                    throw PostgresFailure.server(
                        sqlState: "40001",
                        message: "a process with other keys came first in this moment"
                    )
                }
                return status
            }
        }
    }

    /// How this ring's keys stand to the database's. Changes nothing. Throws `StoreError`.
    package func keyStatus() async throws -> KeyStatus {
        let keys = keys
        return try await pool.run { link in
            try link.reading(SQL.Session.beginSnapshot) { link in try Self.status(of: keys, link) }
        }
    }

    /// The ids of the keys that sealed the oldest values that are kept, in order. Throws `StoreError`.
    package func oldestKeyIDs() async throws -> [String] {
        try await pool.run { link in
            try link.reading(SQL.Session.beginSnapshot) { link in
                try link.run(SQL.Keys.oldest, [.int4(Self.oldestMax)]).map { row in try row.next(String.self) }.sorted()
            }
        }
    }

    /// A database that knows no keys yet may be full all the same: it was filled before it was told of any.
    private static func status(of keys: KeyRing, _ link: PostgresLink) throws -> KeyStatus {
        // In this order: whoever seals has had the database know the key before.
        let newest = try newestKeyIDs(link)
        let known = try knownKeys(link)
        var status = KeyStatus(keys.checkValues, known: known, newest: newest)
        guard known.isEmpty else { return status }
        let jobs = try evidence(link)
        status.foreign = KeyEvidence.against(keys, in: jobs)
        status.missing = KeyEvidence.missing(from: keys, in: jobs)
        return status
    }

    private static func knownKeys(_ link: PostgresLink) throws -> [KnownKey] {
        try link.run(SQL.Keys.list).map { row in
            KnownKey(
                value: KeyCheckValue(keyID: try row.next(), bytes: try row.next()),
                since: try row.next(),
                holder: try row.next()
            )
        }
    }

    private static func newestKeyIDs(_ link: PostgresLink) throws -> [String] {
        try link.run(SQL.Keys.newest, [.int4(evidenceMax)]).map { row in try row.next(String.self) }
    }

    private static func evidence(_ link: PostgresLink) throws -> [KeyEvidence] {
        try link.run(SQL.Keys.evidence, [.int4(evidenceMax)]).map { row in
            let order = Order(account: try row.next(), orderID: try row.next())
            let generation: Int32 = try row.next()
            let value = SealedValue(keyID: try row.next(), bytes: try row.next())
            return KeyEvidence(
                order: order,
                body: SealedBody(generation: generation, value: value),
                contentDigest: try row.next()
            )
        }
    }
}
