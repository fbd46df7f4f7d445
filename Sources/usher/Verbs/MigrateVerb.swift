import Cryptography
import Logs
import SessionCore
import Terminal

/// `usher migrate`.
enum MigrateVerb {
    static let command = Command(
        "migrate",
        "bring the database's schema to this version",
        discussion: """
            Applies the migrations that are missing, in order, under a lock: run it from as many places as you like. A
            schema that is newer than this version, or whose applied migrations were changed, is refused.

            Of the files that the settings name, only those of the connection are read: the password, and the server's
            authority. Neither the sealing keys nor merchants' secrets have to be where this runs.
            """,
        options: [CommandTree.json],
        examples: [CommandExample("usher migrate -c usher.yaml", "before the first `usher run` and after each update")],
        exitCodes: [.success, .unavailable, .tryAgain, .noPermission, .configuration]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let configuration = try context.load(checksFiles: false, readsProviderFiles: false).configuration
        let log = Log(level: .warning, format: .text)
        let (version, status) = try await StoreAccess.asking(configuration, log: log) { store in
            (try await store.migrate(), try await store.schemaStatus())
        }
        if let problem = status.problem { throw VerbError.ended(problem, .configuration) }
        if context.invocation.flag("json") {
            try context.print("{\"schema_version\":\(version)}")
        } else {
            try context.print("the schema is at version \(version), as this version of usher needs it")
        }
        return .success
    }
}
