import PostgresStore
import SessionCore
import Synchronization

/// Gathers replies that were no success until they are stored. Bounded: what comes when it is full is counted only.
final class ReplyBuffer: Sendable {
    /// What was gathered since it was last taken.
    struct Content: Sendable {
        var replies: [ReplyRecord] = []
        var unlisted: [UnlistedCode.Key: UnlistedSightings] = [:]
        /// Replies and codes that there was no room for.
        var dropped = 0
        /// Codes that this process sees for the first time, with the order that met them.
        var news: [(key: UnlistedCode.Key, orderID: String)] = []
    }

    private struct State {
        var content = Content()
        var seen: Set<UnlistedCode.Key> = []
    }

    private let repliesMax: Int
    private let codesMax: Int
    private let state = Mutex(State())

    init(repliesMax: Int = 1_000, codesMax: Int = PostgresStore.unlistedCodesMax) {
        self.repliesMax = repliesMax
        self.codesMax = codesMax
    }

    func add(_ reply: ReplyRecord) {
        state.withLock { state in
            if state.content.replies.count < repliesMax {
                state.content.replies.append(reply)
            } else {
                state.content.dropped += 1
            }
            if reply.isUnlisted { note(reply, in: &state) }
        }
    }

    private func note(_ reply: ReplyRecord, in state: inout State) {
        let code = reply.status.map { String($0) } ?? "http_\(reply.httpStatus)"
        let key = UnlistedCode.Key(account: reply.order.account, code: code, httpStatus: reply.httpStatus)
        if state.seen.count < codesMax, state.seen.insert(key).inserted {
            state.content.news.append((key, reply.order.orderID))
        }
        if let known = state.content.unlisted[key] {
            state.content.unlisted[key] = UnlistedSightings(key: key, count: known.count + 1, lastText: reply.text)
        } else if state.content.unlisted.count < codesMax {
            state.content.unlisted[key] = UnlistedSightings(key: key, count: 1, lastText: reply.text)
        }
    }

    /// Takes everything that has gathered.
    func take() -> Content {
        state.withLock { state in
            defer { state.content = Content() }
            return state.content
        }
    }
}
