import CashierClient
import Logs
import PostgresStore
import SessionCore
import Settings
import Terminal

/// What a verb runs with: its command line, and the settings when it asks for them.
struct VerbContext {
    let invocation: Invocation

    /// The settings of this command line. Throws `SettingsError`.
    func load(checksFiles: Bool = true, readsProviderFiles: Bool = true) throws -> LoadedSettings {
        let environment = try ProcessSurroundings.environment()
        var sources = SettingsSources(
            file: try settingsFile(environment),
            environment: environment,
            overrides: try invocation.values("set").map { try SettingOverride(assignment: $0) }
        )
        if !readsProviderFiles { sources.readProviderFile = nil }
        for (flag, key) in [("log-level", "log.level"), ("log-format", "log.format")] {
            guard let value = invocation.value(flag) else { continue }
            sources.overrides.append(SettingOverride(key: key, text: value, flag: "--\(flag)"))
        }
        return try SettingsLoader.load(sources, checksFiles: checksFiles)
    }

    private func settingsFile(_ environment: [String: String]) throws -> (name: String, bytes: [UInt8])? {
        if let named = invocation.value("config") ?? environment["USHER_CONFIG"] {
            return try ProcessSurroundings.settingsFile(named)
        }
        for path in ["usher.yaml", "/etc/usher/usher.yaml"] where FileAccess.exists(path) {
            return try ProcessSurroundings.settingsFile(path)
        }
        return nil
    }

    /// Writes to standard output; a reader that went away ends the verb.
    func print(_ text: String) throws {
        guard StandardStream.output.write(text + "\n") else { throw VerbError.outputClosed }
    }

    /// Writes to standard error.
    func note(_ text: String) {
        // Nobody is left to be told that standard error is closed.
        _ = StandardStream.error.write(text + "\n")
    }
}

/// Why a verb ends early, where no other error says it better.
enum VerbError: Error {
    case outputClosed
    /// A message for the person, and the code to end with.
    case ended(String, ExitCode)
}

/// Runs verbs and turns their errors into a message and an exit code.
enum Verb {
    static func run(_ invocation: Invocation) async -> ExitCode {
        let context = VerbContext(invocation: invocation)
        do {
            return try await body(of: invocation)(context)
        } catch {
            return explain(error, context)
        }
    }

    private static func body(of invocation: Invocation) -> (VerbContext) async throws -> ExitCode {
        switch invocation.path.first {
        case "dev": DevVerb.run
        case "run": RunVerb.run
        case "enqueue": EnqueueVerb.run
        case "results": ResultsVerb.run
        case "show": ShowVerb.run
        case "list": ListVerb.run
        case "quarantine": QuarantineVerb.run
        case "decide": DecideVerb.run
        case "account": AccountVerb.run
        case "position": PositionVerb.run
        case "audit": AuditVerb.run
        case "callbacks": CallbacksVerb.run
        case "migrate": MigrateVerb.run
        case "doctor": DoctorVerb.run
        case "simulator": SimulatorVerb.run
        case "version": VersionVerb.run
        default: preconditionFailure("the command tree has a verb that nothing runs: \(invocation.path)")
        }
    }

    private static func explain(_ error: any Error, _ context: VerbContext) -> ExitCode {
        let name = (["usher"] + context.invocation.path).joined(separator: " ")
        switch error {
        case VerbError.outputClosed:
            return .ioError
        case VerbError.ended(let message, let code):
            context.note("\(name): \(message)")
            return code
        case let error as UsageError:
            _ = StandardStream.error.write(error.text(program: "usher"))
            return .usage
        case let error as SettingsError:
            context.note("\(name): the settings cannot be used\n\(error)")
            return .configuration
        default:
            let (message, code) = Explanation.of(error)
            context.note("\(name): \(message)")
            return code
        }
    }
}
