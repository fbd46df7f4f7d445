import CLibrdkafka
import Logs
import SessionCore

/// Keeps what librdkafka's callbacks said until its thread has come back from the poll.
final class SourceEvents: ClientDelegate {
    enum Event {
        case assigned([TopicPartition])
        case revoked
        case commitEnded([PartitionOffset], failed: Set<TopicPartition>, KafkaFault?)
        case failed(KafkaFault)
    }

    let log: Log
    /// Set when the consumer closes: `rd_kafka_consumer_close` waits, inside itself, for the answer to a revocation.
    var isClosing = false
    private var events: [Event] = []

    init(log: Log) {
        self.log = log
    }

    func take() -> [Event] {
        let taken = events
        events = []
        return taken
    }

    func clientFailed(_ fault: KafkaFault) {
        events.append(.failed(fault))
    }

    func rebalanced(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [TopicPartition]) {
        if isClosing {
            rd_kafka_assign(client, nil)
            return
        }
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            events.append(.assigned(partitions))
        } else {
            if code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS { events.append(.failed(KafkaFault(code))) }
            events.append(.revoked)
        }
        // The poll returns at once, without a record, so that the event is dealt with first.
        rd_kafka_yield(client)
    }

    func committed(_ code: rd_kafka_resp_err_t, _ offsets: [PartitionOffset]) {
        let isRefused = code != RD_KAFKA_RESP_ERR_NO_ERROR
        let failed = offsets.filter { isRefused || $0.error != 0 }.map(\.partition)
        let fault =
            isRefused
            ? KafkaFault(code)
            : offsets.first { $0.error != 0 }.map { KafkaFault(rd_kafka_resp_err_t(rawValue: $0.error)) }
        events.append(.commitEnded(offsets, failed: Set(failed), fault))
    }
}
