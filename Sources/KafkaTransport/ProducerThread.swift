import BlockingThreads
import CLibrdkafka
import Glibc
import Logs
import SessionCore

/// The thread that owns the producer: it hands records over, collects delivery reports, and replaces the producer when
/// librdkafka gives it up. Every record is acknowledged exactly once.
final class ProducerThread: ClientDelegate {
    private static let restMs: Int32 = 100
    private static let fullQueueMs: Int32 = 10
    private static let drainPatience: Duration = .seconds(5)
    private static let replaceRetryMicroseconds: UInt32 = 1_000_000
    /// Delivery reports are taken at least this often while records are handed over.
    private static let recordsBetweenPolls = 1_000

    let log: Log
    private let settings: KafkaSettings
    /// Topics that will be written to: librdkafka takes a second to learn of one that it first hears of with a record.
    private let expected: [String]
    /// Where results go; nil where none are sent.
    private let results: ResultTopic?
    private let exchange: ProducerExchange
    private let acknowledge: ([RecordAck]) -> Void
    private var client: ClientHandle?
    /// Records not handed over yet.
    private var lines = HandOverLines()
    private var inFlight = RecordsInFlight()
    /// librdkafka's handles of the topics written to, and the last one used. They end before their client.
    private var topics: [String: OpaquePointer] = [:]
    private var lastTopic: (name: String, handle: OpaquePointer)?
    /// Partitions that are known to be written to.
    private var partitions = 1
    private var acks: [RecordAck] = []
    private var fatal: KafkaFault?
    private var isDown = false
    private var notedFailures: Set<Int32> = []

    private init(
        _ settings: KafkaSettings,
        expected: [String],
        results: ResultTopic?,
        exchange: ProducerExchange,
        log: Log,
        acknowledge: @escaping ([RecordAck]) -> Void
    ) {
        self.settings = settings
        self.expected = expected
        self.results = results
        self.exchange = exchange
        self.log = log
        self.acknowledge = acknowledge
    }

    /// Starts the thread and waits until its producer is made. `acknowledge` runs on the thread. Throws
    /// `TransportError.setting` for settings that cannot work.
    static func start(
        _ name: String,
        _ settings: KafkaSettings,
        expected: [String] = [],
        results: ResultTopic? = nil,
        exchange: ProducerExchange,
        log: Log,
        acknowledge: @escaping @Sendable ([RecordAck]) -> Void
    ) throws(TransportError) {
        try settings.check()
        let started = BlockingQueue<TransportError?>()
        _ = NamedThread(name) {
            let producer = ProducerThread(
                settings,
                expected: expected,
                results: results,
                exchange: exchange,
                log: log,
                acknowledge: acknowledge
            )
            do throws(TransportError) {
                try producer.connect()
                started.send(nil)
                producer.run()
            } catch {
                started.send(error)
            }
        }
        if let failure = started.takeAll()?.first ?? nil { throw failure }
    }

    private func connect() throws(TransportError) {
        let made = try ClientHandle.make(settings, role: .producer, delegate: self)
        exchange.waker.attach(rd_kafka_queue_get_main(made.pointer))
        client = made
        for topic in expected { _ = handle(of: topic, made) }
    }

    private func run() {
        while let client {
            let turn = exchange.turn(before: lines.sleep)
            lines.take(turn)
            client.renewPassword()
            if turn.isToFail { rd_kafka_test_fatal_error(client.pointer, RD_KAFKA_RESP_ERR__STATE, "asked for") }
            rd_kafka_poll(client.pointer, handOverInTime(to: client, isClosing: turn.deadline != nil))
            flushAcks()
            if fatal != nil { replace() }
            if let deadline = turn.deadline {
                if inFlight.isEmpty && lines.isEmpty || ContinuousClock.now >= deadline { break }
            }
        }
        close()
    }

    /// Hands over what waits if it is time to; how many milliseconds to wait for what comes next.
    private func handOverInTime(to client: ClientHandle, isClosing: Bool) -> Int32 {
        var rest = Self.restMs
        for kind in HandOverLines.Kind.allCases {
            guard let wait = lines[kind].wait(now: .now) else { continue }
            if wait > 0, !isClosing {
                rest = min(rest, wait)
                continue
            }
            let count = lines[kind].count
            if handOver(kind, to: client) { return Self.fullQueueMs }
            lines[kind].handedOver(records: count - lines[kind].count, partitions: partitions, now: .now)
            rest = 0
        }
        return rest
    }

    /// Hands over what waits in a line; true when the producer's queue is full.
    private func handOver(_ kind: HandOverLines.Kind, to client: ClientHandle) -> Bool {
        var untilPoll = Self.recordsBetweenPolls
        while fatal == nil, let outgoing = lines[kind].first {
            if let fault = produce(outgoing, with: client) {
                if fault.code == RD_KAFKA_RESP_ERR__QUEUE_FULL { return true }
                if fault.code == RD_KAFKA_RESP_ERR__FATAL {
                    fatal = fatal ?? fault
                    break
                }
                refuse(outgoing, fault)
            }
            lines[kind].removeFirst()
            untilPoll -= 1
            if untilPoll == 0 {
                untilPoll = Self.recordsBetweenPolls
                rd_kafka_poll(client.pointer, 0)
                flushAcks()
            }
        }
        return false
    }

    private func produce(_ outgoing: OutgoingRecord, with client: ClientHandle) -> KafkaFault? {
        guard let topic = handle(of: topic(of: outgoing), client) else { return KafkaFault(rd_kafka_last_error()) }
        let token = inFlight.insert(outgoing.id)
        let schema = results?.schema ?? ""
        guard let fault = outgoing.produce(with: client.pointer, to: topic, schema: schema, token: token) else {
            return nil
        }
        _ = inFlight.remove(token)
        return fault
    }

    private func topic(of outgoing: OutgoingRecord) -> String {
        switch outgoing.content {
        case .record(let record): return record.topic
        case .result:
            guard let results else { preconditionFailure("a result came to a producer that has no topic for results") }
            return results.name
        }
    }

    /// librdkafka's handle of a topic; nil for a name that it refuses.
    private func handle(of name: String, _ client: ClientHandle) -> OpaquePointer? {
        if let lastTopic, lastTopic.name == name { return lastTopic.handle }
        guard let handle = topics[name] ?? rd_kafka_topic_new(client.pointer, name, nil) else { return nil }
        topics[name] = handle
        lastTopic = (name, handle)
        return handle
    }

    private func refuse(_ outgoing: OutgoingRecord, _ fault: KafkaFault) {
        let topic = topic(of: outgoing)
        note(fault, topic: topic)
        acks.append(RecordAck(id: outgoing.id, failure: Self.failureText(fault, topic: topic)))
    }

    private func flushAcks() {
        guard !acks.isEmpty else { return }
        acknowledge(acks)
        acks = []
    }

    // MARK: What librdkafka says

    func delivered(_ message: UnsafePointer<rd_kafka_message_t>) {
        let token = UInt(bitPattern: message.pointee._private)
        guard let id = inFlight.remove(token) else { return }
        guard message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR else {
            if isDown { log.notice("Kafka takes records again", [.broker: LogValue(settings.bootstrapServers)]) }
            isDown = false
            notedFailures = []
            partitions = max(partitions, Int(message.pointee.partition) + 1)
            acks.append(RecordAck(id: id, failure: nil))
            return
        }
        let fault = KafkaFault(message.pointee.err)
        if fault.code == RD_KAFKA_RESP_ERR__FATAL { fatal = fatal ?? fault }
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        if fatal == nil { note(fault, topic: topic) }
        acks.append(RecordAck(id: id, failure: failure(fault, topic: topic)))
    }

    func clientFailed(_ fault: KafkaFault) {
        switch fault.code {
        case RD_KAFKA_RESP_ERR__FATAL:
            fatal = fatal ?? fault
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
            guard !isDown else { return }
            isDown = true
            log.warning("no broker answers; records wait", [.waitingFor: LogValue(settings.bootstrapServers)])
        default:
            note(fault, topic: nil)
        }
    }

    /// Logs an error once until records get through again.
    private func note(_ fault: KafkaFault, topic: String?) {
        guard notedFailures.insert(fault.number).inserted else { return }
        let error = fault.transportError(topic: topic)
        log.warning(
            "a record was not delivered, or may not be",
            [.code: LogValue(fault.name), .topic: LogValue(topic ?? "-"), .reason: LogValue("\(error)")]
        )
    }

    private func failure(_ fault: KafkaFault, topic: String?) -> String {
        if fatal != nil { return Self.replacedText }
        // Nothing but the end lets go of records.
        let isLetGo =
            fault.code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || fault.code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
        return isLetGo ? RecordAck.unacknowledged : Self.failureText(fault, topic: topic)
    }

    private static func failureText(_ fault: KafkaFault, topic: String?) -> String {
        "\(fault.name): \(fault.text)" + (fault.advice(topic: topic).map { ". " + $0 } ?? "")
    }

    // MARK: Replacing and ending

    private static let replacedText = "producer replaced"

    /// An idempotent producer that lost count of what the broker has refuses everything from then on. Whatever it has
    /// not acknowledged is given back, to be published again by whoever owns it.
    private func replace() {
        log.error("the producer failed for good and is replaced", [.reason: LogValue(fatal?.text ?? "")])
        end(failure: Self.replacedText)
        while client == nil {
            do throws(TransportError) {
                try connect()
            } catch {
                log.error("no new producer could be made", [.error: LogValue("\(error)")])
                let turn = exchange.turn(before: .deep)
                lines.take(turn)
                if let deadline = turn.deadline, ContinuousClock.now >= deadline { return }
                // This thread has nothing else to do.
                blockThread(for: .microseconds(Int64(Self.replaceRetryMicroseconds)))
            }
        }
        fatal = nil
    }

    private func close() {
        lines.take(exchange.turn(before: .deep))
        for outgoing in lines.waiting {
            acks.append(RecordAck(id: outgoing.id, failure: RecordAck.unsent))
        }
        end(failure: RecordAck.unacknowledged)
        exchange.finish()
    }

    /// Ends the producer; every record that it still has is acknowledged with a failure.
    private func end(failure: String) {
        if let client {
            if rd_kafka_outq_len(client.pointer) > 0 {
                rd_kafka_purge(client.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
            }
            let deadline = ContinuousClock.now + Self.drainPatience
            while rd_kafka_outq_len(client.pointer) > 0, !inFlight.isEmpty, ContinuousClock.now < deadline {
                rd_kafka_poll(client.pointer, 50)
            }
            exchange.waker.detach()
            for handle in topics.values { rd_kafka_topic_destroy(handle) }
            topics = [:]
            lastTopic = nil
            client.destroy()
        }
        client = nil
        for id in inFlight.removeAll() { acks.append(RecordAck(id: id, failure: failure)) }
        flushAcks()
    }
}
