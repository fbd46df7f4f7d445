import Synchronization

/// What a signal does, once there is something that it can do: signals are heard before the parts are put together.
final class SignalAction: Sendable {
    private let action = Mutex<(@Sendable () -> Void)?>(nil)

    /// Nothing happens before `connect`.
    func run() {
        action.withLock { $0 }?()
    }

    func connect(_ action: @escaping @Sendable () -> Void) {
        self.action.withLock { $0 = action }
    }
}
