import Logs
import PostgresStore
import Settings
import Terminal

/// The store for a verb that asks it something and ends.
enum StoreAccess {
    /// Opens the store, makes sure that its schema is this version's, and closes it afterwards.
    static func with<Value: Sendable>(
        _ context: VerbContext,
        _ body: (PostgresStore, Configuration) async throws -> Value
    ) async throws -> Value {
        let configuration = try context.load(checksFiles: false).configuration
        return try await with(configuration) { store in try await body(store, configuration) }
    }

    /// The same with settings that were loaded before: once dumps are forbidden they cannot be loaded again.
    static func with<Value: Sendable>(
        _ configuration: Configuration,
        _ body: (PostgresStore) async throws -> Value
    ) async throws -> Value {
        let log = Log(level: .error, format: .text)
        let keys = try WorkerAssembly.keyRing(configuration)
        let store = try WorkerAssembly.store(configuration, keys: keys, log: log)
        let ending: Result<Value, any Error>
        do {
            if let problem = try await store.schemaStatus().problem { throw VerbError.ended(problem, .configuration) }
            ending = .success(try await body(store))
        } catch {
            ending = .failure(error)
        }
        await store.close()
        return try ending.get()
    }
}
