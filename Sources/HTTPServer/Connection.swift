import Glibc

/// Names a connection even after its slot was given to another one.
struct ConnectionID: Equatable, Sendable {
    var slot: UInt32
    var generation: UInt32

    /// As the user data of an epoll event.
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }
}

/// One client's connection; touched only by the event loop's thread.
final class Connection {
    enum Phase: Equatable {
        /// Waits for a request.
        case reading
        /// Has a request whose answer is to come later, or never.
        case waiting
        /// Has bytes of an answer to send.
        case writing
        /// Had its last answer; what still arrives is dropped until the client hangs up.
        case draining
    }

    /// What the event loop wants to be told about the socket.
    enum Interest {
        case reading
        case writing
        /// Only that the peer went away.
        case ending
    }

    let descriptor: Int32
    let id: ConnectionID
    var parser = HTTPRequestParser()
    var phase = Phase.reading
    var interest = Interest.reading
    /// An answer that waits for its delay to pass.
    var answer: HTTPAnswer?
    var output: [UInt8] = []
    var sent = 0
    var rest: EventRange?
    /// Whether the connection stays open after the answer that is being given.
    var keepsAlive = true
    var answersHead = false
    /// Bytes in each piece and time between pieces of an answer that is given slowly.
    var trickle: (bytes: Int, every: Int64)?

    init(descriptor: Int32, id: ConnectionID) {
        self.descriptor = descriptor
        self.id = id
    }

    enum Sent {
        case all
        case blocked
        case broken
    }

    /// Sends what the socket takes, at most `limit` bytes.
    func send(limit: Int = .max) -> Sent {
        let end = min(output.count, limit == .max ? output.count : sent + limit)
        while sent < end {
            let (count, failure) = output.withUnsafeBytes { bytes -> (Int, Int32) in
                guard let base = bytes.baseAddress else { return (0, 0) }
                let count = Glibc.send(descriptor, base + sent, end - sent, Int32(MSG_NOSIGNAL))
                return (count, errno)
            }
            if count > 0 {
                sent += count
            } else if failure == EINTR {
                continue
            } else {
                return failure == EAGAIN ? .blocked : .broken
            }
        }
        return sent == output.count ? .all : .blocked
    }
}
