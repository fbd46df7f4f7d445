import Synchronization

/// Contexts that belong to one key and wait to be used again: setting a key up costs more than using it.
///
/// Whoever takes one has it alone until it comes back. There are as many as were ever used at the same time.
final class ContextPool<Context: Sendable>: Sendable {
    private let idle = Mutex<[Context]>([])
    private let make: @Sendable () -> Context

    init(_ make: @escaping @Sendable () -> Context) {
        self.make = make
    }

    /// Runs `body` with a context that nobody else has meanwhile.
    func withContext<Result>(_ body: (Context) -> Result) -> Result {
        let context = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { $0.append(context) } }
        return body(context)
    }
}
