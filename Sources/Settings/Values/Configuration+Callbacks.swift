extension Configuration {
    /// Receiving the provider's notifications and validations.
    package struct Callbacks: Equatable, Sendable {
        /// An IPv4 address.
        package var host: String
        package var port: Int
        /// PEM; nil speaks plain HTTP. Set together with `keyFile`.
        package var certificateFile: String?
        package var keyFile: SecretFile?
        package var behindProxy: Bool
        package var topic: String
        package var deadline: Duration
        package var signatureHeader: String
        package var answerHeaders: [String]
        /// In bytes.
        package var bodyMax: Int
        package var connectionsMax: Int
        package var clockSkew: Duration
        package var replayWindow: Duration
        package var refusalText: String

        init(_ values: SettingValues) {
            let listen = values.known("callbacks.listen") { values.text($0).flatMap(splitPort) }
            (host, port) = listen
            certificateFile = values.text("callbacks.certificate_file")
            keyFile = values.secretFile("callbacks.key_file", isSingleLine: false)
            behindProxy = values.known("callbacks.behind_proxy", values.flag)
            topic = values.known("callbacks.topic", values.text)
            deadline = values.known("callbacks.deadline", values.duration)
            signatureHeader = values.known("callbacks.signature_header", values.text)
            answerHeaders = values.known("callbacks.answer_headers", values.texts)
            bodyMax = values.known("callbacks.body_max", values.number)
            connectionsMax = values.known("callbacks.connections_max", values.number)
            clockSkew = values.known("callbacks.clock_skew", values.duration)
            replayWindow = values.known("callbacks.replay_window", values.duration)
            refusalText = values.known("callbacks.refusal_text", values.text)
        }
    }
}
