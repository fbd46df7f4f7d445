package import SessionCore

/// Everything that an operator can set, checked. It holds no secrets, only the paths of their files.
package struct Configuration: Equatable, Sendable {
    package var kafka: Kafka
    package var postgres: Postgres
    /// The keys that seal data at rest, in the format of `KeyRing`.
    package var keysFile: SecretFile
    /// By name. Never empty.
    package var accounts: [String: Account]
    /// The account of jobs that name none; nil when such jobs are refused. The only account, where there is just one.
    package var defaultAccount: String?
    package var dispatch: Dispatch
    package var retry: Retry
    package var breaker: Breaker
    package var verify: Verify
    package var publishing: Publishing
    package var callbacks: Callbacks
    /// How long calls in flight may go on after a stop signal.
    package var shutdownGrace: Duration
    package var retention: Retention
    package var log: Log
    /// The worker's name; nil when it is to be made from the host name and the process id.
    package var workerName: String?

    /// `values` must be complete: every setting with a default or a duty to be set is there.
    init(_ values: SettingValues) {
        kafka = Kafka(values)
        postgres = Postgres(values)
        keysFile = SecretFile(path: values.known("keys.file", values.text), isSingleLine: false)
        accounts = Dictionary(
            uniqueKeysWithValues: values.accounts.map { ($0, Account(name: $0, values)) }
        )
        defaultAccount = values.text("default_account") ?? (values.accounts.count == 1 ? values.accounts.first : nil)
        dispatch = Dispatch(values)
        retry = Retry(values)
        breaker = Breaker(values)
        verify = Verify(values)
        publishing = Publishing(values)
        callbacks = Callbacks(values)
        shutdownGrace = values.known("shutdown.grace", values.duration)
        retention = Retention(
            request: values.known("retention.request", values.duration),
            openedResult: values.known("retention.opened_result", values.duration),
            otherResult: values.known("retention.other_result", values.duration),
            quarantine: values.known("retention.quarantine", values.duration)
        )
        log = Log(values)
        workerName = values.text("worker.name")
    }
}

extension Configuration {
    /// How lines are logged. The words are those of the module that logs.
    package struct Log: Equatable, Sendable {
        /// `debug`, `info`, `notice`, `warning` or `error`.
        package var level: String
        /// `json` or `text`.
        package var format: String

        init(_ values: SettingValues) {
            level = values.known("log.level", values.text)
            format = values.known("log.format", values.text)
        }
    }
}

extension SettingValues {
    /// A value that the loader has made sure of.
    func known<Value>(_ path: String, _ read: (String) -> Value?) -> Value {
        guard let value = read(path) else { preconditionFailure("the schema does not give a value to \(path)") }
        return value
    }

    /// A word of a closed list, as a case of the enum that lists the same words.
    func word<Word: RawRepresentable<String>>(_ path: String, as _: Word.Type) -> Word {
        known(path) { text($0).flatMap(Word.init(rawValue:)) }
    }

    func secretFile(_ path: String, isSingleLine: Bool = true) -> SecretFile? {
        text(path).map { SecretFile(path: $0, isSingleLine: isSingleLine) }
    }
}
