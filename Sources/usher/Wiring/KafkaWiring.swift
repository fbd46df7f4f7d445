import Cryptography
import KafkaTransport
import Logs
import SessionCore
import Settings

extension Configuration.Kafka {
    /// How to reach the cluster. Reads the passwords' files now, so that a wrong one ends the start, and has them read
    /// again: that of a login while clients live, that of a key for each client that is made. Throws
    /// `SettingsFileError` and `TransportError.setting`. `log` is told of a file that changes.
    func transportSettings(log: Log) throws -> KafkaSettings {
        var settings = KafkaSettings(
            bootstrapServers: bootstrapServers.joined(separator: ","),
            groupID: groupID,
            clientID: clientID
        )
        settings.allowPlaintext = security.allowPlaintext
        settings.sessionTimeoutMs = Int(sessionTimeout.wholeMilliseconds)
        settings.queuedMaxBytes = queuedMax
        settings.properties = properties
        settings.security = try transportSecurity(log)
        try settings.check()
        return settings
    }

    private func transportSecurity(_ log: Log) throws -> KafkaSettings.Security {
        switch security.wireProtocol {
        case .plaintext:
            return .plaintext
        case .ssl:
            // Read once to check its mode; librdkafka reads the file itself.
            _ = try security.keyFile?.read()
            let keyPassword = try security.keyPasswordFile.map { try PasswordFile($0, log: log) }
            return .tls(
                authority: security.caFile,
                certificate: security.certificateFile,
                key: security.keyFile?.path,
                keyPassword: keyPassword.map { file in { @Sendable in file.current().reveal() } }
            )
        case .saslSSL:
            guard let mechanism = security.saslMechanism.flatMap(KafkaSettings.Mechanism.init(rawValue:)),
                let username = security.username, let passwordFile = security.passwordFile
            else {
                throw TransportError.setting(
                    name: "kafka.security",
                    reason: "sasl_ssl needs sasl_mechanism, username and password_file"
                )
            }
            let file = try PasswordFile(passwordFile, log: log)
            return .sasl(
                mechanism: mechanism,
                username: username,
                password: { file.current().reveal() },
                authority: security.caFile
            )
        }
    }
}
