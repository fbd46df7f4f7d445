import Glibc

/// Blocks this thread for a while. Only for a `NamedThread` or an actor on a `ThreadExecutor`: a task would take its
/// thread away from every other.
package func blockThread(for duration: Duration) {
    let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
    usleep(UInt32(clamping: max(0, microseconds)))
}
