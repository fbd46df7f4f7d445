import Cryptography
import PostgresStore
import Settings

extension Configuration.Postgres {
    /// How to reach the database. Reads the password's file; throws `SettingsFileError`.
    func storeOptions() throws -> PostgresOptions {
        var words = [
            "host=\(quoted(host))", "port=\(port)", "dbname=\(quoted(database))", "user=\(quoted(user))",
            "sslmode=\(sslMode.rawValue)", "connect_timeout=\(max(2, connectTimeout.components.seconds))",
        ]
        if let sslRootCertFile {
            words.append("sslrootcert=\(quoted(sslRootCertFile))")
        } else if sslMode == .verifyFull || sslMode == .verifyCA {
            words.append("sslrootcert=\(quoted(Self.systemAuthorities))")
        }
        var options = PostgresOptions(connection: words.joined(separator: " "))
        options.connectionsMax = connections
        options.statementTimeout = statementTimeout
        if let passwordFile { options.password = Secret(try passwordFile.read()) }
        return options
    }

    /// Debian's bundle of the authorities that the system trusts: older libpq has no word for them.
    private static var systemAuthorities: String { "/etc/ssl/certs/ca-certificates.crt" }

    /// A value of a libpq connection string.
    private func quoted(_ value: String) -> String {
        var quoted = "'"
        for scalar in value.unicodeScalars {
            if scalar == "'" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "'"
    }
}
