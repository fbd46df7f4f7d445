import BlockingThreads
import Glibc
import Testing

/// An actor whose methods run on a thread of its own.
private actor Blocking {
    private let executor = ThreadExecutor(name: "blocking-test")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private var threads: Set<UInt> = []

    func visit() -> Set<UInt> {
        threads.insert(UInt(pthread_self()))
        return threads
    }

    func block(until queue: BlockingQueue<Int>) -> [Int]? {
        queue.takeAll()
    }
}

@Suite("Thread executor")
struct ThreadExecutorTests {
    @Test("all methods of the actor run on one thread, which is not the caller's")
    func oneThread() async {
        let actor = Blocking()
        for _ in 0..<50 { _ = await actor.visit() }
        #expect(await actor.visit().count == 1)
    }

    @Test("blocked actors do not hold up tasks, although there are more of them than cores")
    func tasksGoOn() async {
        let queues = (0..<8).map { _ in BlockingQueue<Int>() }
        let actors = queues.map { _ in Blocking() }
        await withTaskGroup(of: Bool.self) { group in
            for (actor, queue) in zip(actors, queues) {
                group.addTask { await actor.block(until: queue) == [1] }
            }
            // Runs on the cooperative pool while all eight block; it alone can free them.
            group.addTask {
                for queue in queues { queue.send(1) }
                return true
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}

@Suite("Blocking queue")
struct BlockingQueueTests {
    @Test("closing wakes the taker, who gets what is left first; nothing is taken in afterwards")
    func closing() {
        let queue = BlockingQueue<Int>()
        queue.send(1)
        queue.close()
        #expect(queue.send(2) == false)
        #expect(queue.takeAll() == [1])
        #expect(queue.takeAll() == nil)
    }
}
