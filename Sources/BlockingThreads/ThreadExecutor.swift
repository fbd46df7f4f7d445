import Synchronization

/// Runs an actor's jobs on one thread of its own, in order. An actor that names it in `unownedExecutor` may call
/// blocking C in its methods.
///
/// The thread starts with the first job and ends when the executor is released, which its actor does by ending.
package final class ThreadExecutor: SerialExecutor {
    private let queue = BlockingQueue<UnownedJob>()
    private let name: String

    private let executorThread: ExecutorThread

    package init(name: String) {
        self.name = name
        executorThread = ExecutorThread(name: name, queue: queue)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The runtime holds the executor unowned, by way of its actor; the job may run at once, be the actor's last,
        // and release both while this method is still at work.
        let alive = Unmanaged.passRetained(self)
        defer { alive.release() }
        let unowned = UnownedJob(job)
        executorThread.start(for: asUnownedSerialExecutor())
        precondition(queue.send(unowned), "a job was given to the stopped executor \(name)")
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    deinit {
        queue.close()
    }
}

/// Starts its thread with the first job.
private final class ExecutorThread: Sendable {
    private let thread = Mutex<NamedThread?>(nil)
    private let name: String
    private let queue: BlockingQueue<UnownedJob>

    init(name: String, queue: BlockingQueue<UnownedJob>) {
        self.name = name
        self.queue = queue
    }

    func start(for executor: UnownedSerialExecutor) {
        thread.withLock { thread in
            guard thread == nil else { return }
            let queue = self.queue
            thread = NamedThread(name) {
                while let jobs = queue.takeAll() {
                    for job in jobs { job.runSynchronously(on: executor) }
                }
            }
        }
    }
}
