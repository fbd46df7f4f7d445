import CLibrdkafka
import Logs
import SessionCore

extension SourcePoller {
    private static let goneAdvice =
        "The partition stays stopped; `usher position list` tells which it was, `usher position set` has it read on"
    private static let damageAdvice =
        "The partition stays stopped and is tried again every minute; if the batch is lost, "
        + "`usher position set` has the partition read on behind it"
    private static let noBeginningAdvice =
        "Kafka does not tell where the partition begins; it is asked again every minute"
    /// How often a batch that fails its checksum is read again before its partition stops.
    private static let damagesMax = 3
    /// How often a partition's beginning is asked for before the partition counts as stopped.
    private static let beginningsMax = 3

    /// Instead of a record came an error.
    func readFailed(_ message: rd_kafka_message_t) {
        let text = rd_kafka_message_text(message)
        let fault = KafkaFault(message.err, text)
        let topic = message.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) }
        let place = topic.map { TopicPartition(topic: $0, partition: message.partition) }
        switch message.err {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            guard let place else { return watch.note(fault) }
            positionFailed(place, at: message.offset, fault)
        case RD_KAFKA_RESP_ERR__BAD_MSG:
            guard let place, reading.isAssigned(place) else { return watch.note(fault) }
            // The library would go on behind the damaged batch, which would lose its records.
            if reading.damaged(place) <= Self.damagesMax, seek(place, to: reading.next(of: place)) {
                watch.note(fault)
            } else if isBehindStore(place) {
                passOver(place)
            } else {
                stop(place, .damaged, because: fault)
            }
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            // The answer to where a partition begins, of which another error has told.
            guard message.offset != Int64(RD_KAFKA_OFFSET_BEGINNING) else { return watch.note(fault) }
            unavailable(topic, because: fault)
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            readRefused(topic, because: fault)
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR__FATAL:
            fail(fault.transportError(topic: topic, isFatal: message.err == RD_KAFKA_RESP_ERR__FATAL))
        default:
            watch.note(fault)
        }
    }

    private func positionFailed(_ place: TopicPartition, at offset: Int64, _ fault: KafkaFault) {
        switch reading.fault(of: place, at: offset) {
        case .irrelevant:
            return
        case .gone:
            if isBehindStore(place) { passOver(place) } else { stop(place, .gone, because: fault) }
        case .noBeginning:
            beginningFailed(place, fault)
        case .outdated:
            log.debug(
                "an error about an earlier position came late",
                [.topic: LogValue(place.topic), .partition: LogValue(place.partition), .offset: LogValue(offset)]
            )
            takeUps.doubt(place, now: .now)
        }
    }

    /// A partition that was just added is known to some brokers before its leader hears that it leads it. The library
    /// does not ask again.
    private func beginningFailed(_ place: TopicPartition, _ fault: KafkaFault) {
        guard takeUps.beginningFailed(of: place, now: .now) <= Self.beginningsMax else {
            return stop(place, .noBeginning, because: fault)
        }
        log.warning(
            "Kafka did not tell where a partition begins; it is asked again",
            [
                .topic: LogValue(place.topic), .partition: LogValue(place.partition), .code: LogValue(fault.name),
                .reason: LogValue(fault.text),
            ]
        )
    }

    /// Kafka's position may be older than the store's.
    private func isBehindStore(_ place: TopicPartition) -> Bool {
        guard let next = reading.next(of: place), let accounted = exchange.accounted[place] else { return false }
        return next < accounted
    }

    /// Something is wrong that belongs to no partition.
    func clientFailed(_ fault: KafkaFault) {
        switch fault.code {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE:
            watch.notReached(fault)
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL:
            watch.refused(fault)
        case RD_KAFKA_RESP_ERR__FATAL:
            var text = [CChar](repeating: 0, count: 512)
            let code = rd_kafka_fatal_error(client.pointer, &text, text.count)
            fail(KafkaFault(code, string(text)).transportError(isFatal: true))
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
            fail(fault.transportError())
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED where !watch.hasJoined:
            fail(fault.transportError())
        default:
            // A right that is lost later is told of by topic, too, by the group and by what is read. This may be old.
            watch.note(fault)
        }
    }

    /// Says again of partitions that are not read any more: jobs wait in them that nobody looks at. What was damaged is
    /// tried again, as another broker may lead the partition by now, or the disk be restored.
    func repeatStops() {
        guard !reading.stopped.isEmpty, ContinuousClock.now - stopsToldAt > stopsRepeatAfter else { return }
        stopsToldAt = .now
        for (place, stop) in exchange.health.stopped {
            log.error(
                "a partition stays stopped",
                [
                    .topic: LogValue(place.topic), .partition: LogValue(place.partition),
                    .offset: LogValue(stop.next), .reason: LogValue("\(stop.reason)"),
                ]
            )
            if stop.cause == .damaged, seek(place, to: reading.next(of: place)) {
                reading.goOn(place)
                exchange.changeHealth { $0.stopped[place] = nil }
            }
        }
    }

    /// Reads no more of a partition. What was read of it before stays good.
    private func stop(_ place: TopicPartition, _ cause: SourceHealth.Stop.Cause, because fault: KafkaFault) {
        guard reading.isAssigned(place), reading.stop(place) else { return }
        let advice: [String?] =
            switch cause {
            case .gone: [fault.advice(topic: place.topic), Self.goneAdvice]
            case .damaged: [fault.advice(topic: place.topic), Self.damageAdvice]
            case .noBeginning: [Self.noBeginningAdvice]
            }
        let error = TransportError.kafka(
            code: fault.name,
            reason: ([fault.text] + advice).compactMap { $0 }.joined(separator: ". "),
            isFatal: false
        )
        let next = reading.next(of: place) ?? 0
        exchange.changeHealth { $0.stopped[place] = .init(cause: cause, reason: error, next: next) }
        stopsToldAt = .now
        log.error(
            "a partition was stopped",
            [
                .topic: LogValue(place.topic), .partition: LogValue(place.partition), .code: LogValue(fault.name),
                .offset: LogValue(next), .reason: LogValue("\(error)"),
            ]
        )
    }
}

/// librdkafka's words for a message that carries an error: they lie in the value, without a NUL at the end.
private func rd_kafka_message_text(_ message: rd_kafka_message_t) -> String? {
    guard let payload = message.payload, message.len > 0 else { return nil }
    return String(decoding: UnsafeRawBufferPointer(start: payload, count: message.len), as: UTF8.self)
}
