import PostgresStore
import SessionCore
import Settings

/// What Postgres's answers mean. Pure.
enum PostgresJudgement {
    /// Clocks further apart than this are told.
    static let clockAdvice: Duration = .seconds(1)

    static func server(_ status: ServerStatus) -> [Finding] {
        let version = "\(status.version / 10_000).\(status.version % 10_000)"
        let way = status.usesTLS ? "over TLS" : "without TLS"
        let text = "PostgreSQL \(version), database \(status.database), user \(status.user), \(way)"
        var findings: [Finding] = [
            status.version >= 140_000
                ? .ok(text) : .blocking("\(text): older than 14; use PostgreSQL 14 or newer")
        ]
        if status.isStandby { findings.append(.blocking("the server is a standby: connect to the primary")) }
        if status.isSuperuser {
            findings.append(.advice("the user \(status.user) is a superuser; give usher a user of its own"))
        }
        return findings
    }

    /// Whoever stands between two machines could change what is stored, and have an order sent again.
    static func way(_ postgres: Configuration.Postgres) -> [Finding] {
        guard !postgres.isLocal else { return [] }
        switch postgres.sslMode {
        case .disable:
            return [
                .problem(
                    "postgres.sslmode is `disable` and the server is another machine: whoever is on the way reads and "
                        + "changes what is stored; use `verify-full`"
                )
            ]
        case .require:
            return [
                .problem(
                    "postgres.sslmode is `require`, which does not check who answers, and the server is another "
                        + "machine: use `verify-full`"
                )
            ]
        case .verifyCA:
            return [.advice("postgres.sslmode is `verify-ca`, which takes any name: `verify-full` checks the host's")]
        case .verifyFull: return []
        }
    }

    static func schema(_ status: ServerStatus) -> [Finding] {
        switch status.schema {
        case .current(let version): [.ok("version \(version), as this version of usher needs it")]
        case .behind, .newer, .changed: [.blocking(status.schema.problem ?? "")]
        }
    }

    static func rights(_ status: ServerStatus) -> [Finding] {
        guard status.missingRights.isEmpty else {
            return status.missingRights.map { .problem("the user \(status.user) lacks \($0): grant it") }
        }
        var findings: [Finding] = [.ok("the user \(status.user) has every right on Usher's tables that it needs")]
        // That of a superuser is told already.
        if status.ownsTables, !status.isSuperuser {
            findings.append(
                .advice(
                    "the user \(status.user) owns Usher's tables: it can change the schema, and switch off what "
                        + "protects the audit; let a role of its own run `usher migrate` (deploy/roles.sql)"
                )
            )
        }
        return findings
    }

    static func durability(_ status: ServerStatus) -> [Finding] {
        let advice: [(name: String, bad: Set<String>, text: String)] = [
            ("fsync", ["off"], "fsync is off: a crash of the server's machine loses jobs; set fsync = on"),
            ("full_page_writes", ["off"], "full_page_writes is off: a crash can damage tables; set it to on"),
            ("synchronous_commit", ["off"], "synchronous_commit is off: a crash loses committed jobs; set it to on"),
            ("autovacuum", ["off"], "autovacuum is off: the queue slows down within hours; set autovacuum = on"),
        ]
        var findings = advice.filter { $0.bad.contains(status.settings[$0.name] ?? "") }.map {
            Finding.problem($0.text)
        }
        if let encoding = status.settings["server_encoding"], encoding != "UTF8" {
            findings.append(.problem("the database's encoding is \(encoding): create it with ENCODING 'UTF8'"))
        }
        if status.settings["data_checksums"] == "off" {
            findings.append(.advice("data_checksums is off: a disk that lies is not noticed; see pg_checksums"))
        }
        if let age = status.oldestTransaction, age > .seconds(60) {
            findings.append(
                .problem(
                    "a transaction has been open for \(age.inWords) and holds back vacuum: find it in pg_stat_activity "
                        + "and end it"
                )
            )
        }
        guard !findings.contains(where: { $0.status == .problem }) else { return findings }
        return [.ok("a commit is on disk when it is acknowledged (fsync and synchronous_commit are on)")] + findings
    }

    /// Bodies and results are sealed before they are sent to the server; order ids and the Cashier's messages are not.
    static func logging(_ status: ServerStatus) -> [Finding] {
        let settings = status.settings
        let statements = settings["log_statement"].map { $0 != "none" && $0 != "ddl" } ?? false
        let durations = settings["log_min_duration_statement"].map { $0 != "-1" } ?? false
        let parameters = settings["log_parameter_max_length"].map { $0 != "0" } ?? false
        guard statements || durations, parameters else {
            return [.ok("the server does not log the values of statements")]
        }
        return [
            .advice(
                "the server logs statements with their values, order ids and the Cashier's messages among them "
                    + "(jobs and "
                    + "links are sealed); set log_parameter_max_length = 0"
            )
        ]
    }

    /// - Parameter difference: Postgres's clock minus this machine's.
    static func clock(_ difference: Duration) -> [Finding] {
        let size = max(difference, .zero - difference)
        let words = "\(size.inWords) \(difference < .zero ? "behind" : "ahead of") this machine's"
        guard size > clockAdvice else {
            return [.ok("Postgres's clock is within \(clockAdvice.inWords) of this machine's")]
        }
        if let problem = ClockCheck.problem(difference) { return [.problem(problem)] }
        return [
            .advice(
                "Postgres's clock is \(words); requests are signed by Postgres's, so let both machines follow one time "
                    + "server (chrony)"
            )
        ]
    }
}
