extension SettingKey {
    /// The database.
    static let postgres: [SettingKey] = [
        SettingKey(
            "postgres.host",
            .text(.hosts),
            .required,
            example: "db.example.net",
            """
            The server's host name or address, or the absolute path of the folder that holds its Unix socket. Several \
            with commas between them: a primary and its standbys. The first of them that accepts writes is taken, at \
            the start and after every lost connection.
            """
        ),
        SettingKey(
            "postgres.port",
            .integer(1...65535),
            .fallback("5432"),
            example: "6432",
            """
            The port; for a socket folder, the number in the socket's name.
            """
        ),
        SettingKey(
            "postgres.database",
            .text(.line(63)),
            .fallback("usher"),
            example: "payments",
            """
            The database. Usher keeps everything in its schema `usher`.
            """
        ),
        SettingKey(
            "postgres.user",
            .text(.line(63)),
            .fallback("usher"),
            example: "usher_worker",
            """
            The role to log in as. It needs no superuser rights.
            """
        ),
        SettingKey(
            "postgres.password_file",
            .secretFile,
            .absent("no password is sent (socket or certificate login)"),
            example: "/run/credentials/usher/postgres-password",
            """
            The password of the role. The file is read again for each connection that is made.
            """
        ),
        SettingKey(
            "postgres.sslmode",
            .choice(["disable", "require", "verify-ca", "verify-full"]),
            .absent("`verify-full`, and `disable` on this machine"),
            example: "verify-ca",
            """
            How the connection is protected, in libpq's words. `require` encrypts without checking who answers, \
            `disable` does not encrypt: neither is right between machines.
            """
        ),
        SettingKey(
            "postgres.ssl_root_cert_file",
            .file,
            .absent("the system's certificate authorities are trusted"),
            example: "/etc/usher/postgres-ca.pem",
            """
            Certificate authorities that the server's certificate must come from, as PEM.
            """
        ),
        SettingKey(
            "postgres.connections",
            .integer(1...64),
            .fallback("4"),
            example: "8",
            """
            Connections that one worker keeps open. Each holds a thread.
            """
        ),
        SettingKey(
            "postgres.connect_timeout",
            .duration(.seconds(1)...(.seconds(60))),
            .fallback("5s"),
            example: "10s",
            """
            How long one try to connect may take. Tries are repeated with growing pauses.
            """
        ),
        SettingKey(
            "postgres.statement_timeout",
            .duration(.seconds(3)...(.seconds(600))),
            .fallback("15s"),
            example: "30s",
            """
            How long the server may work on one statement before it gives up.
            """
        ),
    ]
}
