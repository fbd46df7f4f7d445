import Glibc
import Synchronization

/// A queue that a blocking thread takes from. Sending never blocks.
package final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    // `@unchecked`: the fields are touched only between lock and unlock of `mutex`; a condition variable needs a
    // pthread mutex, which `Synchronization.Mutex` does not give out.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var isClosed = false

    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds an element; false, and nothing added, once the queue is closed.
    @discardableResult
    package func send(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        elements.append(element)
        pthread_cond_signal(condition)
        return true
    }

    /// Blocks until there are elements and returns them all; nil once the queue is closed and empty.
    package func takeAll() -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty && !isClosed { pthread_cond_wait(condition, mutex) }
        guard !elements.isEmpty else { return nil }
        let taken = elements
        elements = []
        return taken
    }

    /// Returns what is there without waiting.
    package func drain() -> [Element] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let taken = elements
        elements = []
        return taken
    }

    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }
}
