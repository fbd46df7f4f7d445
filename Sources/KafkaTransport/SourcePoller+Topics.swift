import CLibrdkafka
import Logs
import SessionCore

/// Topics that cannot be read: they are not there, or the right to is missing.
extension SourcePoller {
    /// The right to read a topic is missing. The others are read on: who may read none, or begins without a right that
    /// it needs, ends.
    func readRefused(_ topic: String?, because fault: KafkaFault) {
        guard let topic, watch.hasJoined else { return fail(fault.transportError(topic: topic)) }
        unavailable(topic, because: fault)
        let lost = exchange.health.unavailableTopics
        if queues.names.allSatisfy({ lost[$0] != nil }) { fail(fault.transportError(topic: topic)) }
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

    /// A record came of a topic that could not be read.
    func availableAgain(_ topic: String) {
        unavailableTopics.remove(topic)
        var isNews = false
        exchange.changeHealth { isNews = $0.unavailableTopics.removeValue(forKey: topic) != nil }
        if isNews { log.notice("a topic can be read again", [.topic: LogValue(topic)]) }
    }

    /// Says again which topics cannot be read. That a right is missing the library tells once: a seek has it tell that
    /// again, as news, if it still is.
    func repeatUnavailable() {
        guard !unavailableTopics.isEmpty, ContinuousClock.now - topicsToldAt > stopsRepeatAfter else { return }
        topicsToldAt = .now
        let topics = exchange.health.unavailableTopics
        unavailableTopics = Set(topics.keys)
        for (topic, error) in topics {
            if Self.isMissingRight(error), triesAgain(topic) {
                exchange.changeHealth { $0.unavailableTopics[topic] = nil }
            } else {
                tellUnavailable(topic, error)
            }
        }
    }

    private static func isMissingRight(_ error: TransportError) -> Bool {
        guard case .kafka(let code, _, _) = error else { return false }
        return code == KafkaFault(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED).name
    }

    /// False where no partition of the topic is read: then the group gives it once it can be.
    private func triesAgain(_ topic: String) -> Bool {
        let places = reading.partitions.filter { $0.topic == topic && !reading.stopped.contains($0) }
        return places.count { seek($0, to: reading.next(of: $0)) } > 0
    }

    private func tellUnavailable(_ topic: String, _ error: TransportError) {
        log.error("a topic cannot be read", [.topic: LogValue(topic), .reason: LogValue("\(error)")])
    }
}
