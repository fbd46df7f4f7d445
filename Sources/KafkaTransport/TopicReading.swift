import CLibrdkafka
import Logs
import SessionCore

/// A topic being read, partition by partition, into one queue. Used on one thread.
final class TopicReading: ClientDelegate {
    /// How long a question may take that is asked while nothing comes.
    private static let askMs: Int32 = 1_000

    let log: Log
    private let topic: String
    private let begin: ResultReader.Start
    private let follows: Bool
    private let patience: Duration
    private let looksEvery: Duration
    private let onNews: ResultReader.OnNews
    private var client: ClientHandle?
    private var handle: OpaquePointer?
    private var queue: OpaquePointer?
    private var started: [Int32] = []
    /// Partitions that could not be read when reading began, and cannot yet.
    private(set) var unread: [TopicPartition] = []
    /// When it is next looked for partitions that were added.
    private var lookAt: ContinuousClock.Instant
    private var ends = ReadingEnds()
    private var silence: BrokerSilence
    private var failure: TransportError?

    /// Whether everything that there was has been read.
    var isAtEnd: Bool { !follows && ends.areReached }

    private init(_ request: ResultReader.Request, log: Log, onNews: @escaping ResultReader.OnNews) {
        topic = request.topic
        begin = request.start
        follows = request.follows
        patience = request.patience
        looksEvery = request.looksEvery
        lookAt = .now + request.looksEvery
        silence = BrokerSilence(patience: request.patience)
        self.log = log
        self.onNews = onNews
    }

    static func open(
        _ settings: KafkaSettings,
        _ request: ResultReader.Request,
        queryMs: Int32,
        log: Log,
        onNews: @escaping ResultReader.OnNews
    ) throws(TransportError) -> TopicReading {
        let reading = TopicReading(request, log: log, onNews: onNews)
        do throws(TransportError) {
            let client = try ClientHandle.make(settings, role: .reader, delegate: reading)
            reading.client = client
            try reading.start(client, queryMs: queryMs)
        } catch {
            reading.close()
            throw error
        }
        return reading
    }

    /// Waits for a first record, then takes what is there. Throws `TransportError` once no broker has answered for the
    /// request's patience, unless it follows.
    func round(waitMs: Int32, recordsMax: Int) throws(TransportError) -> [ReadRecord] {
        guard let client, let queue else { return [] }
        client.renewPassword()
        rd_kafka_poll(client.pointer, 0)
        if let failure { throw failure }
        var records: [ReadRecord] = []
        var wait = waitMs
        while records.count < recordsMax, !isAtEnd, let message = rd_kafka_consume_queue(queue, wait) {
            defer { rd_kafka_message_destroy(message) }
            wait = 0
            try take(UnsafePointer(message), into: &records)
        }
        // Before that, the question would keep back what lies here already.
        if records.isEmpty, !isAtEnd { try ask(client) }
        startAdded(client)
        return records
    }

    func close() {
        for partition in started {
            if let handle { rd_kafka_consume_stop(handle, partition) }
        }
        started = []
        if let queue { rd_kafka_queue_destroy(queue) }
        if let handle { rd_kafka_topic_destroy(handle) }
        client?.destroy()
        (queue, handle, client) = (nil, nil, nil)
    }

    func clientFailed(_ fault: KafkaFault) {
        switch fault.code {
        case RD_KAFKA_RESP_ERR__FATAL:
            failure = fault.transportError(topic: topic)
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL:
            // A login that never worked will not begin to; one that has worked may come back.
            if started.isEmpty { failure = fault.transportError(topic: topic) }
            silence.suspect()
            note(fault)
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT:
            silence.suspect()
            note(fault)
        default:
            note(fault)
        }
    }

    private func note(_ fault: KafkaFault) {
        log.debug("reading results", [.code: LogValue(fault.name), .reason: LogValue(fault.text)])
    }

    private func tell(_ news: ResultReader.News?) {
        if let news { onNews(news) }
    }

    private func take(
        _ message: UnsafePointer<rd_kafka_message_t>,
        into records: inout [ReadRecord]
    ) throws(TransportError) {
        let partition = message.pointee.partition
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            ends.read(partition, offset: message.pointee.offset)
            tell(silence.received())
            records.append(ReadRecord(reading: message, topic: topic))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            ends.toldEnd(of: partition, at: message.pointee.offset)
            tell(silence.received())
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__BAD_MSG:
            throw KafkaFault(message.pointee.err).transportError(topic: topic)
        default:
            note(KafkaFault(message.pointee.err))
        }
    }

    // MARK: While nothing comes

    private func ask(_ client: ClientHandle) throws(TransportError) {
        askForEnds(client)
        guard silence.isAskDue(now: .now) else { return }
        if client.isAnswered(waitMs: Self.askMs) {
            tell(silence.answered())
        } else if let news = silence.unanswered(now: .now) {
            guard follows else {
                let text = "no broker has answered for \(patience.components.seconds) s"
                throw KafkaFault(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, text).transportError()
            }
            onNews(news)
        }
    }

    private func askForEnds(_ client: ClientHandle) {
        for partition in ends.due(now: .now) {
            do throws(TransportError) {
                let place = TopicPartition(topic: topic, partition: partition)
                let (_, high) = try client.watermarks(of: place, Self.askMs)
                ends.asked(partition, end: high)
            } catch {
                // It is asked again a second later; until then another question tells whether anybody is there.
                return silence.suspect()
            }
        }
    }

    // MARK: While it follows

    /// Partitions that were added to the topic are read from their first record, which is news wherever reading began;
    /// those that could not be read from where all others were.
    private func startAdded(_ client: ClientHandle) {
        guard follows, let handle, ContinuousClock.now >= lookAt else { return }
        lookAt = .now + looksEvery
        guard let partitions = client.partitions(of: handle, waitMs: Self.askMs) else { return }
        for partition in partitions where !started.contains(partition.id) {
            let place = TopicPartition(topic: topic, partition: partition.id)
            do throws(TransportError) {
                // Asking one without a leader would hold up all others.
                guard partition.leader != nil else {
                    throw KafkaFault(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE).transportError(of: place)
                }
                try startLate(client, place)
            } catch {
                // Its leader may not know yet that it is one.
                lookSoon()
                log.debug(
                    "a partition is not read yet",
                    [.partition: LogValue(partition.id), .error: LogValue("\(error)")]
                )
            }
        }
    }

    private func startLate(_ client: ClientHandle, _ place: TopicPartition) throws(TransportError) {
        let (low, high) = try client.watermarks(of: place, Self.askMs)
        var offset = low
        if unread.contains(place) {
            // For new records alone, from its end: without a leader nothing was written since reading began.
            let starts = try starts(client, [place: .told(low: low, high: high)], queryMs: Self.askMs)
            offset = starts[place.partition] ?? low
        }
        try start(place.partition, at: offset)
        unread.removeAll { $0 == place }
    }

    private func lookSoon() {
        lookAt = .now + min(.seconds(1), looksEvery)
    }

    // MARK: Starting

    private func start(_ client: ClientHandle, queryMs: Int32) throws(TransportError) {
        let description = try client.describe([topic], waitMs: queryMs) { [unowned self] in self.failure }
        guard let found = description.topics.first, found.error == nil else {
            throw description.topics.first?.error
                ?? KafkaFault(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC).transportError(topic: topic)
        }
        guard let queue = rd_kafka_queue_new(client.pointer),
            let handle = rd_kafka_topic_new(client.pointer, topic, nil)
        else { throw KafkaFault(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE).transportError() }
        (self.queue, self.handle) = (queue, handle)
        let places = found.partitions.map { TopicPartition(topic: topic, partition: $0.id) }
        let led = try client.describe(leadersOf: places, waitMs: queryMs) { [unowned self] in self.failure }
        let told = try client.ends(of: places, by: led, queryMs)
        for (partition, offset) in try starts(client, told, queryMs: queryMs) {
            try start(partition, at: offset)
        }
        for place in places where !started.contains(place.partition) {
            unread.append(place)
            if case .failed(let error) = told[place] {
                onNews(.unread(place, error))
            } else {
                onNews(.unread(place, nil))
            }
        }
        if !unread.isEmpty { lookSoon() }
    }

    private func start(_ partition: Int32, at offset: Int64) throws(TransportError) {
        guard let queue, let handle, rd_kafka_consume_start_queue(handle, partition, offset, queue) == 0 else {
            throw KafkaFault(rd_kafka_last_error()).transportError(topic: topic)
        }
        started.append(partition)
    }

    /// Where each partition starts that told its ends; notes where it ends. Fixed numbers, so that what is written
    /// between this and the first fetch is not passed over.
    private func starts(
        _ client: ClientHandle,
        _ found: [TopicPartition: PartitionEnds],
        queryMs: Int32
    ) throws(TransportError) -> [Int32: Int64] {
        var told: [Int32: (low: Int64, high: Int64)] = [:]
        for (place, ends) in found {
            if case .told(let low, let high) = ends { told[place.partition] = (low, high) }
        }
        let times: [Int32: Int64]
        switch begin {
        case .beginning, .end: times = [:]
        case .time(let milliseconds):
            times = try offsets(client, told.keys.sorted(), at: milliseconds, queryMs: queryMs)
        }
        var starts: [Int32: Int64] = [:]
        for (partition, log) in told {
            let from =
                switch begin {
                case .beginning: log.low
                case .end: log.high
                case .time: times[partition] ?? log.high
                }
            starts[partition] = from
            if !follows, from < log.high { ends.note(partition, end: log.high) }
        }
        return starts
    }

    /// The first offset of each partition that is not older; partitions without one are left out.
    private func offsets(
        _ client: ClientHandle,
        _ partitions: [Int32],
        at milliseconds: Int64,
        queryMs: Int32
    ) throws(TransportError) -> [Int32: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let asked = partitions.map {
            PartitionOffset(partition: TopicPartition(topic: topic, partition: $0), offset: milliseconds)
        }
        let (code, answers) = PartitionOffset.withList(asked) { list in
            (rd_kafka_offsets_for_times(client.pointer, list, queryMs), PartitionOffset.read(list))
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(code).transportError(topic: topic) }
        var offsets: [Int32: Int64] = [:]
        for answer in answers where answer.error == 0 && answer.offset >= 0 {
            offsets[answer.partition.partition] = answer.offset
        }
        return offsets
    }
}

extension ReadRecord {
    /// Copies a message of librdkafka's, which stays the caller's to destroy.
    fileprivate init(reading message: UnsafePointer<rd_kafka_message_t>, topic: String) {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        self.init(
            position: RecordPosition(
                topic: topic,
                partition: message.pointee.partition,
                offset: message.pointee.offset
            ),
            timestampMs: kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : timestamp,
            key: bytes(message.pointee.key, message.pointee.key_len),
            value: bytes(message.pointee.payload, message.pointee.len),
            headers: Self.headers(of: message)
        )
    }

    private static func headers(of message: UnsafePointer<rd_kafka_message_t>) -> [RecordHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        var headers: [RecordHeader] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            headers.append(RecordHeader(name.map { String(cString: $0) } ?? "", bytes(value, size) ?? []))
        }
        return headers
    }
}
