import CLibrdkafka
import Logs
import SessionCore

/// Topics that cannot be read: they are not there, or the right to is missing.
extension SourcePoller {
    /// How long a question about one topic may keep the thread.
    private static let topicWaitMs: Int32 = 500

    /// The right to read a topic is missing. The others are read on: who may read none, or begins without a right that
    /// it needs, ends.
    func readRefused(_ topic: String?, because fault: KafkaFault) {
        guard let topic, watch.hasJoined else { return fail(fault.transportError(topic: topic)) }
        unavailable(topic, because: fault)
        endIfNoneIsLeft(because: fault.transportError(topic: topic))
    }

    /// What was told of a topic that others read now may be long past, so it is asked about first.
    private func endIfNoneIsLeft(because error: TransportError) {
        guard areAllLost else { return }
        for topic in queues.names where !isRead(topic) {
            guard ask(about: topic) else { return }
        }
        if areAllLost { fail(error) }
    }

    private var areAllLost: Bool {
        let lost = exchange.health.unavailableTopics
        return queues.names.allSatisfy { lost[$0] != nil }
    }

    /// A topic cannot be read; the library looks for it again by itself.
    func unavailable(_ topic: String?, because fault: KafkaFault) {
        guard let topic else { return watch.note(fault) }
        let error = fault.transportError(topic: topic)
        var isNews = false
        exchange.changeHealth { isNews = $0.unavailableTopics.updateValue(error, forKey: topic) == nil }
        unavailableTopics.insert(topic)
        guard isNews else { return }
        topicsToldAt = .now
        tellUnavailable(topic, error)
    }

    /// A topic that could not be read can be: a record of it came, or a broker says so.
    func availableAgain(_ topic: String) {
        exchange.changeHealth { $0.unavailableTopics[topic] = nil }
        guard unavailableTopics.remove(topic) != nil else { return }
        log.notice("a topic can be read again", [.topic: LogValue(topic)])
    }

    /// Says again which topics cannot be read, and looks whether they can.
    func repeatUnavailable() {
        guard !unavailableTopics.isEmpty, ContinuousClock.now - topicsToldAt > stopsRepeatAfter else { return }
        topicsToldAt = .now
        let told = exchange.health.unavailableTopics
        var isAnswered = true
        for topic in unavailableTopics {
            if isRead(topic) {
                tryAgain(topic, told[topic])
            } else {
                isAnswered = isAnswered && ask(about: topic)
                guard told[topic] != nil, let error = exchange.health.unavailableTopics[topic] else { continue }
                tellUnavailable(topic, error)
            }
        }
        let missing = exchange.health.unavailableTopics.values.first { Self.isMissingRight($0) }
        if isAnswered, let missing { endIfNoneIsLeft(because: missing) }
    }

    /// A topic that this member reads. That a right is missing the library tells once: a seek has it tell that again,
    /// as news, if it still is. What was told of nothing since the last time can be read.
    private func tryAgain(_ topic: String, _ error: TransportError?) {
        guard let error else { return availableAgain(topic) }
        if Self.isMissingRight(error), seekAll(of: topic) {
            exchange.changeHealth { $0.unavailableTopics[topic] = nil }
        } else {
            tellUnavailable(topic, error)
        }
    }

    /// Asks about a topic of which this member reads nothing: others may read it, which nobody tells it. False if no
    /// broker answers.
    private func ask(about topic: String) -> Bool {
        guard let code = client.answer(about: topic, waitMs: Self.topicWaitMs) else { return false }
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            availableAgain(topic)
        } else {
            unavailable(topic, because: KafkaFault(code))
        }
        return true
    }

    private func isRead(_ topic: String) -> Bool {
        reading.partitions.contains { $0.topic == topic && !reading.stopped.contains($0) }
    }

    private static func isMissingRight(_ error: TransportError) -> Bool {
        guard case .kafka(let code, _, _) = error else { return false }
        return code == KafkaFault(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).name
    }

    /// False where the library seeks in no partition of the topic.
    private func seekAll(of topic: String) -> Bool {
        let places = reading.partitions.filter { $0.topic == topic && !reading.stopped.contains($0) }
        return places.count { seek($0, to: reading.next(of: $0)) } > 0
    }

    private func tellUnavailable(_ topic: String, _ error: TransportError) {
        log.error("a topic cannot be read", [.topic: LogValue(topic), .reason: LogValue("\(error)")])
    }
}
