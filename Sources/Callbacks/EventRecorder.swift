import BlockingThreads
import SessionCore
import Synchronization

/// Stores events, as many in one transaction as gathered while the last one ran.
final class EventRecorder<Store: CallbackStore>: Sendable {
    private struct Waiting: Sendable {
        var event: NewEvent
        var continuation: CheckedContinuation<Result<EventFate, any Error>, Never>
    }

    private let store: Store
    private let settings: CallbackSettings
    private let publisher: @Sendable ([EventRecord]) -> Void
    // Bounded by the notifications that may be undecided at once.
    private let mailbox = Mailbox<Waiting>()
    private let isFinished = Mutex(false)
    private static var batchMax: Int { 500 }

    /// - Parameter publisher: is handed what was stored, before its posts are answered.
    init(store: Store, settings: CallbackSettings, publisher: @escaping @Sendable ([EventRecord]) -> Void) {
        self.store = store
        self.settings = settings
        self.publisher = publisher
    }

    /// Returns once the event is durable, or is known not to be stored by this call.
    func record(_ event: NewEvent) async throws -> EventFate {
        try await withCheckedContinuation { continuation in
            let isTaken = isFinished.withLock { isFinished in
                if !isFinished { mailbox.send(Waiting(event: event, continuation: continuation)) }
                return !isFinished
            }
            if !isTaken { continuation.resume(returning: .failure(StoreError.unavailable("the receiver ends"))) }
        }.get()
    }

    /// Runs until `finish`, and until everything that was sent before it is stored.
    func run() async {
        while let taken = await mailbox.takeAll() {
            var left = taken[...]
            while !left.isEmpty {
                let batch = left.prefix(Self.batchMax)
                left = left.dropFirst(batch.count)
                await write(Array(batch))
            }
        }
    }

    /// Later events fail: their posts were answered, or their connections are gone.
    func finish() {
        isFinished.withLock { isFinished in
            isFinished = true
            mailbox.finish()
        }
    }

    /// Two events under one signature go into two transactions, so that the second is judged knowing the first.
    private func write(_ batch: [Waiting]) async {
        var now: [Waiting] = []
        var later: [Waiting] = []
        var seen: [[UInt8]: ResultID] = [:]
        for waiting in batch {
            let event = waiting.event
            let first = seen[event.signatureDigest] ?? event.event.eventID
            seen[event.signatureDigest] = first
            if first == event.event.eventID { now.append(waiting) } else { later.append(waiting) }
        }
        await store(now)
        if !later.isEmpty { await write(later) }
    }

    /// One event that the database refuses costs itself, not the others of its batch.
    private func store(_ batch: [Waiting]) async {
        do {
            let fates = try await store.record(
                batch.map(\.event),
                freshness: CallbackSettings.signatureFreshness,
                lease: settings.lease
            )
            publisher(
                fates.compactMap { fate in
                    if case .stored(let record) = fate { record } else { nil }
                }
            )
            for (waiting, fate) in zip(batch, fates) { waiting.continuation.resume(returning: .success(fate)) }
        } catch StoreError.refused where batch.count > 1 {
            for waiting in batch { await store([waiting]) }
        } catch {
            for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
        }
    }
}
