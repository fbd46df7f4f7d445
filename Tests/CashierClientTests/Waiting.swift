import Glibc
import Testing

/// Waits until `condition` holds.
///
/// - Throws: When it does not within ten seconds.
func until(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come about")
        await Task.yield()
    }
}

extension RawConnection {
    /// Lets time pass on the connection's own thread: a server that is slow.
    func pause(milliseconds: Int) {
        usleep(UInt32(milliseconds) * 1000)
    }
}
