import Synchronization

/// Hands values from anywhere to waiting tasks, one of which takes all that have gathered at once: batches form by
/// themselves while the takers are busy, and nothing waits on a timer to fill one.
///
/// The mailbox itself has no bound; whoever sends is bounded by something else (calls in flight, records fetched) and
/// says so where it sends.
package final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var waiters: [CheckedContinuation<[Element]?, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Adds an element; dropped once the mailbox is finished.
    package func send(_ element: Element) {
        send(contentsOf: CollectionOfOne(element))
    }

    package func send(contentsOf elements: some Collection<Element>) {
        send(contentsOf: Array(elements))
    }

    package func send(contentsOf elements: [Element]) {
        guard !elements.isEmpty else { return }
        let waiter: (continuation: CheckedContinuation<[Element]?, Never>, elements: [Element])? = state.withLock {
            state in
            guard !state.isFinished else { return nil }
            // The usual case takes the array as it is, instead of copying what is in it.
            if state.elements.isEmpty { state.elements = elements } else { state.elements += elements }
            guard !state.waiters.isEmpty else { return nil }
            let waiter = state.waiters.removeFirst()
            let taken = state.elements
            state.elements = []
            return (waiter, taken)
        }
        waiter?.continuation.resume(returning: waiter?.elements)
    }

    /// Waits until there are elements and returns them all; nil once the mailbox is finished and empty. Who waits first
    /// is served first.
    package func takeAll() async -> [Element]? {
        await withCheckedContinuation { continuation in
            let answer: [Element]?? = state.withLock { state in
                if !state.elements.isEmpty {
                    let taken = state.elements
                    state.elements = []
                    return .some(taken)
                }
                if state.isFinished { return .some(nil) }
                state.waiters.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// What has gathered and was not taken yet; it stays.
    package var gathered: [Element] {
        state.withLock { $0.elements }
    }

    /// No more elements: waiting tasks are told after what is there was taken.
    package func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            let waiters = state.waiters
            state.waiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }
}
