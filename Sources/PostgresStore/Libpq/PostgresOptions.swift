package import Cryptography

/// How to reach the database.
package struct PostgresOptions: Sendable {
    /// A libpq connection string, `host=… dbname=…` or `postgresql://…`, without a password.
    package var connection: String
    package var password: Secret?
    /// Tells the password that holds now, where it may change: asked before each try to connect, on the connection's
    /// own thread, so it may read a file. nil: `password` stays as it is.
    package var currentPassword: (@Sendable () -> Secret)?
    /// Connections kept, each with a thread of its own; at least 1.
    package var connectionsMax = 4
    /// What the server's list of sessions shows.
    package var applicationName = "usher"
    /// How long the server works on one statement at most; longer than it waits for a lock, which is 2 s.
    package var statementTimeout = Duration.seconds(15)
    /// How much longer an answer is waited for, which passes only when the server does not answer at all.
    var answerMargin = Duration.seconds(10)

    var patience: Duration { statementTimeout + answerMargin }

    package init(connection: String, password: Secret? = nil) {
        self.connection = connection
        self.password = password
    }

    /// libpq's keywords in order; a later one overrides an earlier one, so what stands before `dbname` is a default
    /// that the connection string may change.
    var keywords: [(name: String, value: String)] {
        var keywords = [
            ("connect_timeout", "5"),
            ("keepalives_idle", "10"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "20000"),
            // Never a standby: a queue read from one is read in another order than it was committed.
            ("target_session_attrs", "read-write"),
            ("dbname", connection),
            ("application_name", applicationName),
            ("client_encoding", "UTF8"),
        ]
        if let password { keywords.append(("password", String(decoding: password.reveal(), as: UTF8.self))) }
        return keywords
    }
}
