import CLibrdkafka
import Synchronization

/// Ends a blocking poll of another thread's client early.
final class Waker: @unchecked Sendable {
    // `@unchecked`: the queue is touched only under `lock`; `rd_kafka_queue_yield` may be called from any thread.
    private let lock = Mutex(())
    private var queue: OpaquePointer?

    /// Takes over a reference to the queue that the client's thread polls.
    func attach(_ queue: OpaquePointer?) {
        lock.withLock { _ in self.queue = queue }
    }

    /// Gives the reference back. Must come before the client is destroyed.
    func detach() {
        lock.withLock { _ in
            if let queue { rd_kafka_queue_destroy(queue) }
            queue = nil
        }
    }

    func wake() {
        lock.withLock { _ in
            if let queue { rd_kafka_queue_yield(queue) }
        }
    }
}
