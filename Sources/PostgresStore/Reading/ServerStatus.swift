package import SessionCore

/// What the server and its settings look like from here, for `usher doctor`.
package struct ServerStatus: Equatable, Sendable {
    /// As in `server_version_num`: 170011 is 17.11.
    package var version: Int
    package var user: String
    package var database: String
    package var isStandby: Bool
    package var isSuperuser: Bool
    package var usesTLS: Bool
    package var mayCreateSchemas: Bool
    /// The server's clock, read while the question ran.
    package var clock: Timestamp
    /// Age of the oldest transaction that holds back the clearing of dead rows; nil if there is none.
    package var oldestTransaction: Duration?
    /// Server settings that durability and secrecy depend on, by name.
    package var settings: [String: String]
    /// `TABLE PRIVILEGE` that this user lacks and needs.
    package var missingRights: [String]
    package var schema: SchemaStatus
    /// Whether this user owns tables of Usher's, so that it could change them and what protects the audit.
    package var ownsTables = false

    /// What is wrong with it, in sentences that say what to do. Pure. Empty when all is well.
    package var problems: [String] {
        var problems: [String] = []
        if let problem = schema.problem { problems.append(problem) }
        for right in missingRights { problems.append("the user \(user) lacks \(right): grant it") }
        if isStandby { problems.append("the server is a standby: connect to the primary") }
        if settings["fsync"] == "off" {
            problems.append("fsync is off: a crash of the server's machine loses jobs; set fsync = on")
        }
        if settings["full_page_writes"] == "off" {
            problems.append("full_page_writes is off: a crash can damage tables; set full_page_writes = on")
        }
        if settings["autovacuum"] == "off" {
            problems.append("autovacuum is off: the queue slows down within hours; set autovacuum = on")
        }
        if settings["server_encoding"] != "UTF8" {
            problems.append("the database's encoding is not UTF8: create it with ENCODING 'UTF8'")
        }
        if let age = oldestTransaction, age > .seconds(60) {
            problems.append(
                "a transaction has been open for \(age.components.seconds) s and holds back vacuum: find it in "
                    + "pg_stat_activity and end it"
            )
        }
        return problems
    }
}
