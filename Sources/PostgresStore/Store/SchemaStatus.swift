import SessionCore

/// How the database's schema stands to this version of Usher.
package enum SchemaStatus: Equatable, Sendable {
    case current(version: Int)
    /// Migrations of this version are missing; `from` is 0 for an empty database. `usher migrate` applies them.
    case behind(from: Int, to: Int)
    /// The database was migrated by a newer version. Running on it is refused.
    case newer(found: Int, known: Int)
    /// An applied migration is not the one that this version knows. Running on it is refused.
    case changed(version: Int, name: String)

    /// What is wrong and what to do about it; nil when the schema is current.
    package var problem: String? {
        switch self {
        case .current: nil
        case .behind(let from, let to):
            "the database is at schema \(from), this version needs \(to): run `usher migrate`"
        case .newer(let found, let known):
            "the database is at schema \(found), this version knows up to \(known): run a newer version of usher"
        case .changed(let version, let name):
            "migration \(version) (\(name)) was applied with other content than this version has: "
                + "restore the database or run the version that migrated it"
        }
    }

    /// Compares what was applied with what is known. Pure.
    init(applied: [AppliedMigration], known: [Migration]) {
        for (old, new) in zip(applied, known) where old.version != new.version || old.sha256 != new.sha256 {
            self = .changed(version: Int(old.version), name: old.name)
            return
        }
        let versionNow = Int(applied.last?.version ?? 0)
        let versionKnown = Int(known.last?.version ?? 0)
        if applied.count > known.count {
            self = .newer(found: versionNow, known: versionKnown)
        } else if applied.count < known.count {
            self = .behind(from: versionNow, to: versionKnown)
        } else {
            self = .current(version: versionNow)
        }
    }
}

/// A row of `schema_migration`.
struct AppliedMigration: Equatable, Sendable {
    var version: Int32
    var name: String
    var sha256: [UInt8]
    var appliedAt: Timestamp
}
