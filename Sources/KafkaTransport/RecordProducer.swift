package import Logs
package import SessionCore
import Synchronization

/// Writes records to any topic, many at a time: what `usher enqueue` uses.
package final class RecordProducer: Sendable {
    /// What became of one record: the number that `send` gave it, and why it failed; nil when Kafka has it. Called on
    /// the producer's thread, once a record.
    package typealias Acknowledgement = @Sendable (_ number: Int64, _ failure: String?) -> Void

    /// Whether a failure says only that the producer closed first: nobody refused the record.
    package static func isOfClosing(_ failure: String) -> Bool {
        failure == RecordAck.unsent || failure == RecordAck.unacknowledged
    }

    /// What became of the records so far.
    package struct Summary: Equatable, Sendable {
        package var acknowledged = 0
        /// How many records failed, by the reason.
        package var failures: [String: Int] = [:]

        package var failed: Int { failures.values.reduce(0, +) }
    }

    private struct State {
        var inFlight = 0
        var summary = Summary()
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Shared with the producer's thread, which may outlive the producer.
    private final class Ledger: Sendable {
        let state = Mutex(State())
        let inFlightMax: Int

        init(inFlightMax: Int) {
            self.inFlightMax = inFlightMax
        }

        func acknowledged(_ acks: [RecordAck]) {
            let waiters = state.withLock { state in
                for ack in acks {
                    if let failure = ack.failure {
                        state.summary.failures[failure, default: 0] += 1
                    } else {
                        state.summary.acknowledged += 1
                    }
                }
                state.inFlight -= acks.count
                guard state.inFlight < inFlightMax else { return [CheckedContinuation<Void, Never>]() }
                let waiters = state.waiters
                state.waiters = []
                return waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        /// Waits until fewer than the bound are in flight.
        func room() async {
            await withCheckedContinuation { continuation in
                let hasRoom = state.withLock { state in
                    guard state.inFlight >= inFlightMax else { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        }
    }

    private let exchange = ProducerExchange()
    private let ledger: Ledger
    private let acknowledged: Acknowledgement?

    /// Starts the producer. At most `inFlightMax` records (and those of one call) wait for their acknowledgement.
    /// Throws `TransportError.setting` for settings that cannot work.
    package init(
        _ settings: KafkaSettings,
        inFlightMax: Int = 20_000,
        log: Log,
        acknowledged: Acknowledgement? = nil
    ) throws(TransportError) {
        let ledger = Ledger(inFlightMax: max(1, inFlightMax))
        self.ledger = ledger
        self.acknowledged = acknowledged
        try ProducerThread.start("usher-enqueue", settings, exchange: exchange, log: log) { acks in
            // Before whoever waits for room goes on, so that its own count is right by then.
            if let acknowledged { for ack in acks { acknowledged(ack.id, ack.failure) } }
            ledger.acknowledged(acks)
        }
    }

    deinit {
        exchange.beginClose(timeout: .zero)
    }

    /// Hands records over; waits first while too many are in flight. Hand over hundreds at a time where speed matters.
    /// The acknowledgements number them from `first` on.
    package func send(_ records: [NewRecord], numberedFrom first: Int64 = 0) async {
        await ledger.room()
        ledger.state.withLock { $0.inFlight += records.count }
        let outgoing = zip(first..., records).map { OutgoingRecord(id: $0, content: .record($1)) }
        if !exchange.send(outgoing) {
            let failure = "the producer is closed"
            if let acknowledged { for record in outgoing { acknowledged(record.id, failure) } }
            ledger.acknowledged(outgoing.map { RecordAck(id: $0.id, failure: failure) })
        }
    }

    /// What became of the records so far.
    package var summary: Summary { ledger.state.withLock { $0.summary } }

    /// Waits until everything is acknowledged, at most `timeout`, then closes. What is not acknowledged by then counts
    /// as failed, though Kafka may have it.
    package func finish(timeout: Duration) async -> Summary {
        exchange.beginClose(timeout: timeout)
        await exchange.closed()
        return summary
    }
}
