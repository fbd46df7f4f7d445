extension Configuration {
    /// The database.
    package struct Postgres: Equatable, Sendable {
        package enum SSLMode: String, CaseIterable, Sendable {
            case disable
            case require
            case verifyCA = "verify-ca"
            case verifyFull = "verify-full"
        }

        /// A host name, an address, or the absolute path of a socket's folder.
        package var host: String
        package var port: Int
        package var database: String
        package var user: String
        /// nil sends no password.
        package var passwordFile: SecretFile?
        /// Where nobody set it: `verifyFull`, and `disable` on this machine.
        package var sslMode: SSLMode
        /// PEM; nil trusts the system's authorities.
        package var sslRootCertFile: String?
        /// Connections that one worker keeps open.
        package var connections: Int
        package var connectTimeout: Duration
        package var statementTimeout: Duration

        /// Whether every host is this machine.
        package var isLocal: Bool { hostList(host).allSatisfy { $0.hasPrefix("/") || isLoopbackHost($0) } }

        init(_ values: SettingValues) {
            host = values.known("postgres.host", values.text)
            port = values.known("postgres.port", values.number)
            database = values.known("postgres.database", values.text)
            user = values.known("postgres.user", values.text)
            passwordFile = values.secretFile("postgres.password_file")
            sslRootCertFile = values.text("postgres.ssl_root_cert_file")
            connections = values.known("postgres.connections", values.number)
            connectTimeout = values.known("postgres.connect_timeout", values.duration)
            statementTimeout = values.known("postgres.statement_timeout", values.duration)
            let asked = values.text("postgres.sslmode").flatMap(SSLMode.init)
            sslMode = asked ?? .verifyFull
            if asked == nil, isLocal { sslMode = .disable }
        }
    }
}
