import CLibrdkafka
import Logs
import SessionCore

/// What `ClusterProbe` asks. Blocks: only for the probe's thread.
struct ProbeQuestions: Sendable {
    let settings: KafkaSettings
    let timeoutMs: Int32
    let log: Log

    func describe(topics: [String]) throws(TransportError) -> ClusterDescription {
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(settings, role: .probe, delegate: guest)
        defer { client.destroy() }
        return try client.describe(topics, waitMs: timeoutMs) { guest.failure }
    }

    func settings(ofTopic topic: String) throws(TransportError) -> [String: String] {
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(settings, role: .probe, delegate: guest)
        defer { client.destroy() }
        _ = try client.describe([], waitMs: timeoutMs) { guest.failure }
        return try ClusterAdmin(client: client, timeoutMs: timeoutMs).describe(topic: topic)
    }

    func create(_ topics: [ClusterProbe.NewTopic]) throws(TransportError) {
        guard !topics.isEmpty else { return }
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(settings, role: .probe, delegate: guest)
        defer { client.destroy() }
        _ = try client.describe([], waitMs: timeoutMs) { guest.failure }
        try ClusterAdmin(client: client, timeoutMs: timeoutMs).create(topics)
    }

    func lag(of places: [TopicPartition]) throws(TransportError) -> [TopicPartition: ClusterProbe.Lag] {
        guard !places.isEmpty else { return [:] }
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(settings, role: .groupProbe, delegate: guest)
        defer { client.destroy() }
        let description = try client.describe(leadersOf: places, waitMs: timeoutMs) { guest.failure }
        try description.checkTopics()
        let asked = places.map { PartitionOffset(partition: $0, offset: Int64(RD_KAFKA_OFFSET_INVALID)) }
        let (code, answers) = PartitionOffset.withList(asked) { list in
            (rd_kafka_committed(client.pointer, list, timeoutMs), PartitionOffset.read(list))
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(code).transportError() }
        let ends = try client.ends(of: places, by: description, timeoutMs)
        var lags: [TopicPartition: ClusterProbe.Lag] = [:]
        for answer in answers {
            let committed = answer.error == 0 && answer.offset >= 0 ? answer.offset : nil
            lags[answer.partition] = ClusterProbe.Lag(committed: committed, ends: ends[answer.partition] ?? .noLeader)
        }
        return lags
    }

    func firstRecords(
        from offsets: [TopicPartition: Int64]
    ) throws(TransportError) -> [TopicPartition: FirstRecord] {
        guard !offsets.isEmpty else { return [:] }
        var reading = settings
        // One answer a partition is enough: librdkafka asks for no other while it holds more than this.
        reading.queuedMaxBytes = 1
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(reading, role: .reader, delegate: guest)
        defer { client.destroy() }
        _ = try client.describe([], waitMs: timeoutMs) { guest.failure }
        let look = FirstRecordLook(client)
        defer { look.close() }
        return try look.records(from: offsets, waitMs: timeoutMs)
    }

    func assignedPartitions() throws(TransportError) -> Set<TopicPartition> {
        let guest = ProbeGuest(log: log)
        let client = try ClientHandle.make(settings, role: .probe, delegate: guest)
        defer { client.destroy() }
        _ = try client.describe([], waitMs: timeoutMs) { guest.failure }
        return try ClusterAdmin(client: client, timeoutMs: timeoutMs).partitions(of: settings.groupID)
    }
}

/// Remembers why a probe's client cannot get through.
private final class ProbeGuest: ClientDelegate {
    let log: Log
    private(set) var failure: TransportError?

    init(log: Log) {
        self.log = log
    }

    func clientFailed(_ fault: KafkaFault) {
        switch fault.code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__RESOLVE:
            failure = fault.transportError()
        default:
            log.debug("probing Kafka", [.code: LogValue(fault.name), .reason: LogValue(fault.text)])
        }
    }
}

extension ClusterDescription {
    /// Throws what keeps a topic from being read.
    func checkTopics() throws(TransportError) {
        for topic in topics {
            if let error = topic.error { throw error }
        }
    }

    /// All partitions. Throws what keeps a topic from being read.
    func partitions() throws(TransportError) -> [TopicPartition] {
        try checkTopics()
        return topics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0.id) }
        }
    }
}
