import Cryptography

/// The connections to one origin, and what is known of it. Belongs to the loop's thread.
final class HTTPPool {
    enum Readiness {
        case unknown
        /// Being looked up on another thread.
        case pending
        case ready(HTTPPreparation, at: Int64)
    }

    let id: Int
    let origin: HTTPOrigin
    var readiness = Readiness.unknown
    /// Where to begin connecting: the address that worked last.
    var firstAddress = 0
    /// From the last connection that got one.
    var session: TLSClientSession?
    /// Connections without a request, the one used last at the end: the others grow old and are closed.
    private(set) var idle: [HTTPConnection] = []
    /// Connections that wait for the addresses.
    var preparing: [HTTPConnection] = []

    init(id: Int, origin: HTTPOrigin) {
        self.id = id
        self.origin = origin
    }

    /// What is needed to connect, unless it is unknown or older than `ageMax` nanoseconds.
    func preparation(now: Int64, ageMax: Int64) -> HTTPPreparation? {
        guard case .ready(let preparation, let moment) = readiness, now - moment <= ageMax else { return nil }
        return preparation
    }

    func addIdle(_ connection: HTTPConnection) {
        idle.append(connection)
    }

    func takeIdle() -> HTTPConnection? {
        idle.popLast()
    }

    /// The one idle for the longest.
    func takeOldestIdle() -> HTTPConnection? {
        idle.isEmpty ? nil : idle.removeFirst()
    }

    func removeIdle(_ connection: HTTPConnection) {
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }
}
