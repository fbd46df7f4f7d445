import CLibrdkafka
import CLinux
import Glibc

/// Ends the sleep of a thread that waits for several queues of librdkafka, and for others that want something of it.
final class Bell: Sendable {
    private let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        precondition(descriptor >= 0, "no eventfd: error \(errno)")
    }

    deinit {
        Glibc.close(descriptor)
    }

    func wake() {
        eventfd_write(descriptor, 1)
    }

    /// Rings whenever the queue is no longer empty.
    func listen(to queue: OpaquePointer?) {
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// The queue is about to end, and this bell may end before it.
    func ignore(_ queue: OpaquePointer?) {
        rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
    }

    /// What rang before this is being looked after.
    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Sleeps until it rings, or has since it was cleared, at most so many milliseconds.
    func wait(milliseconds: Int32) {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&watched, 1, milliseconds)
    }
}
