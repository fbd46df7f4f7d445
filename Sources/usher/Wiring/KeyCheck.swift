import Cryptography
import Logs
import PostgresStore
import SessionCore
import Terminal

/// Makes sure that a key file holds the keys that the database is filled with.
enum KeyCheck {
    /// Has the database know the store's keys, for whoever is about to seal or open with them. Throws `VerbError` where
    /// they are others than its own or some are missing, `StoreError`.
    static func require(_ store: PostgresStore, file: String, log: Log) async throws {
        let status = try await store.learnKeys()
        if let problem = problem(status, file: file) { throw VerbError.ended(problem, .configuration) }
        guard !status.new.isEmpty else { return }
        log.notice(
            "from now on the database takes these keys, and no others of their ids",
            [.keyID: .text(status.new.joined(separator: ",")), .file: .text(file)]
        )
    }

    /// What is wrong with a key file, and what to do; nil when nothing is. Pure.
    static func problem(_ status: KeyStatus, file: String) -> String? {
        guard !status.foreign.isEmpty else { return lack(of: status.missing, file: file) }
        let keys = status.foreign.map(difference).joined(separator: "; ")
        return
            "keys.file \(file) is not this database's: \(keys). Nothing is started with it, as others could not read "
            + "what it seals, nor it what they sealed. Find out which host has the right file (one whose workers run, "
            + "or the copy that is kept beside the database's backups), put that one here, and start again; a key that "
            + "is meant to be new needs an id that none had before. docs/CONFIG.md tells more, under Sealing keys"
    }

    private static func lack(of missing: [String], file: String) -> String? {
        guard !missing.isEmpty else { return nil }
        let keys = missing.joined(separator: ", ")
        return
            "keys.file \(file) lacks keys that the newest stored jobs were sealed with: \(keys). Nothing is started "
            + "with it, as it opens nothing of what others seal now, and would seal with a key that they may have no "
            + "more. Copy the file that the other hosts have to this one, and start again; where a key is lost for "
            + "good, docs/CONFIG.md tells how the database forgets it, under Sealing keys"
    }

    private static func difference(_ key: ForeignKey) -> String {
        guard let since = key.since else {
            return key.keyID == KeyRing.digestID
                ? "by its key digest no stored job has the digest that it has"
                : "its key \(key.keyID) opens nothing of what was stored under that id"
        }
        let holder = key.holder.map { ", first used by \($0)" } ?? ""
        return "its key \(key.keyID) is another than the one known since \(since.dayAndTime)\(holder)"
    }
}
