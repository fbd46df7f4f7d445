import Cryptography
import Logs
import PostgresStore
import Settings
import Terminal

/// The store for a verb that asks it something and ends.
enum StoreAccess {
    /// What the verb seals and opens with.
    enum Keys {
        /// Nothing, because it does neither: whoever may not read `keys.file` can run it all the same. Of the files of
        /// secrets it needs the database's password only.
        case none
        /// What `keys.file` holds, if those are the database's keys.
        case file
    }

    /// Opens the store without keys, makes sure that its schema is this version's, and closes it afterwards.
    static func with<Value: Sendable>(
        _ context: VerbContext,
        _ body: (PostgresStore, Configuration) async throws -> Value
    ) async throws -> Value {
        let configuration = try context.load(checksFiles: false).configuration
        return try await with(configuration) { store in try await body(store, configuration) }
    }

    /// The same with settings that were loaded before. Whoever needs keys forbids dumps, and once these are forbidden
    /// settings cannot be loaded again.
    static func with<Value: Sendable>(
        _ configuration: Configuration,
        keys: Keys = .none,
        _ body: (PostgresStore) async throws -> Value
    ) async throws -> Value {
        let log = Log(level: .error, format: .text)
        let ring = try keys == .file ? WorkerAssembly.keyRing(configuration) : KeyRing.keyless
        return try await asking(configuration, keys: ring, log: log) { store in
            if let problem = try await store.schemaStatus().problem { throw VerbError.ended(problem, .configuration) }
            if keys == .file {
                try await KeyCheck.require(store, file: configuration.keysFile.path, log: log)
            }
            return try await body(store)
        }
    }

    /// Opens the store whatever its schema is, and closes it afterwards.
    static func asking<Answer: Sendable>(
        _ configuration: Configuration,
        keys: KeyRing = .keyless,
        log: Log,
        _ question: (PostgresStore) async throws -> Answer
    ) async throws -> Answer {
        let store = try WorkerAssembly.store(configuration, keys: keys, log: log)
        let answer: Result<Answer, any Error>
        do {
            answer = .success(try await question(store))
        } catch {
            answer = .failure(error)
        }
        await store.close()
        return try answer.get()
    }
}
