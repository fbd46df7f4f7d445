import CashierClient
import CashierSimulator
import Cryptography
import HTTPServer
import PostgresStore
import SessionCore
import Settings
import Terminal

/// Errors of the modules, as a person reads them, with the exit code that they mean.
enum Explanation {
    static func of(_ error: any Error) -> (message: String, code: ExitCode) {
        switch error {
        case let error as SettingsFileError: (error.description, .configuration)
        case let error as KeyFileProblem: (error.description, .configuration)
        case let error as CashierAccountError: (error.description, .configuration)
        case let error as StoreError: of(error)
        case let error as TransportError: of(error)
        case let error as ThrowAwayPostgresError: of(error)
        case let error as ListenError: ("callbacks.listen: \(error)", .configuration)
        case let error as TLSFileError: ("callbacks: \(error)", .configuration)
        case let error as SimulatorError: (error.description, .unavailable)
        case let error as StateFileError: (error.description, .configuration)
        case let error as FaultPlanError: (error.description, .usage)
        default: (String(describing: error), .software)
        }
    }

    private static func of(_ error: StoreError) -> (String, ExitCode) {
        switch error {
        case .unavailable(let reason):
            ("Postgres cannot be reached: \(reason)", .unavailable)
        case .notNow(let reason):
            ("Postgres answered, but not now: \(reason)", .tryAgain)
        case .refused("0A000", let reason):
            // The schema is not this version's, or the server too old; it says what to do.
            (reason, .configuration)
        case .refused("57014", let reason):
            (
                "Postgres broke the question off (\(reason)): it may take no longer than postgres.statement_timeout; "
                    + "narrow it, as --since does for `usher list`, or raise that setting",
                .tryAgain
            )
        case .refused("3D000", let reason):
            ("Postgres refuses the login (3D000): \(reason); check postgres.database", .configuration)
        case .refused(let sqlState, let reason) where sqlState.hasPrefix("28"):
            (
                "Postgres refuses the login (\(sqlState)): \(reason); check postgres.user and postgres.password_file, "
                    + "and the server's pg_hba.conf",
                .noPermission
            )
        case .refused(let sqlState, let reason):
            ("Postgres refused (\(sqlState)): \(reason)", sqlState.hasPrefix("42501") ? .noPermission : .software)
        case .unsealable(let reason):
            ("a sealed value does not open: \(reason); check keys.file", .configuration)
        case .positionMovedBack(let partition, let stored):
            (
                "the stored position of \(partition.topic)[\(partition.partition)] is "
                    + "\(stored.map(String.init) ?? "gone"): the database lost commits",
                .software
            )
        case .positionSetAhead(let partition, let stored):
            ("an operator put the position of \(partition.topic)[\(partition.partition)] to \(stored)", .software)
        }
    }

    private static func of(_ error: TransportError) -> (String, ExitCode) {
        switch error {
        case .setting(let name, let reason): ("\(name): \(reason)", .configuration)
        case .kafka(let code, let reason, _):
            ("Kafka: \(reason) (\(code))", isRefusal(ofKafka: code) ? .noPermission : .unavailable)
        }
    }

    /// Whether librdkafka's name of an error says that the login is refused, or lacks a right.
    static func isRefusal(ofKafka code: some StringProtocol) -> Bool {
        code == "_AUTHENTICATION" || code == "SASL_AUTHENTICATION_FAILED" || code.hasSuffix("_AUTHORIZATION_FAILED")
    }

    private static func of(_ error: ThrowAwayPostgresError) -> (String, ExitCode) {
        switch error {
        case .notInstalled:
            ("no PostgreSQL server is installed; on Debian: apt-get install postgresql", .unavailable)
        case .failed(let step, let detail):
            ("the throw-away Postgres failed at \(step): \(detail)", .unavailable)
        }
    }
}
