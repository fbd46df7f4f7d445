import Logs
import PostgresStore
import Settings

extension Configuration.Postgres {
    /// How to reach the database. Reads the password's file, and has it read again for each connection; throws
    /// `SettingsFileError`. `log` is told of a file that changes.
    func storeOptions(log: Log) throws -> PostgresOptions {
        var words = [
            "host=\(quoted(libpqHosts))", "port=\(port)", "dbname=\(quoted(database))", "user=\(quoted(user))",
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
        if let passwordFile {
            let file = try PasswordFile(passwordFile, log: log)
            options.currentPassword = { file.current() }
        }
        return options
    }

    /// libpq wants the addresses of IPv6 without their brackets.
    private var libpqHosts: String {
        host.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("[") && $0.hasSuffix("]") ? $0.dropFirst().dropLast() : $0 }
            .joined(separator: ",")
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
