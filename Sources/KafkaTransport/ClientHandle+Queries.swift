import BlockingThreads
import CLibrdkafka
import SessionCore

extension ClientHandle {
    private static let askMs: Int32 = 1_000
    /// How long a leader is waited for. An election takes a moment; a broker that is away may be for hours.
    private static let leaderMs: Int32 = 2_000

    /// Asks for the brokers and for topics, again and again until `waitMs` have passed, and serves callbacks between.
    /// `failure` may end it early with the reason that a callback was told. Throws `TransportError.kafka`.
    func describe(
        _ topics: [String],
        waitMs: Int32,
        failure: () -> TransportError?
    ) throws(TransportError) -> ClusterDescription {
        let deadline = ContinuousClock.now + .milliseconds(Int64(waitMs))
        var code = RD_KAFKA_RESP_ERR__TIMED_OUT
        repeat {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            code = rd_kafka_metadata(pointer, 1, nil, &metadata, Self.askMs)
            defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
            rd_kafka_poll(pointer, 0)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata {
                return ClusterDescription(reading: metadata.pointee, topics: topics)
            }
            if let failure = failure() { throw failure }
        } while ContinuousClock.now < deadline
        throw KafkaFault(code).transportError()
    }

    /// Describes the topics of partitions as `describe` does, and again for a moment while one of these has no leader:
    /// one that was just made, or whose leader has just gone, has one soon.
    func describe(
        leadersOf places: [TopicPartition],
        waitMs: Int32,
        failure: () -> TransportError?
    ) throws(TransportError) -> ClusterDescription {
        let topics = Set(places.map(\.topic)).sorted()
        var description = try describe(topics, waitMs: waitMs, failure: failure)
        let deadline = ContinuousClock.now + .milliseconds(Int64(min(waitMs, Self.leaderMs)))
        while !description.ledPartitions.isSuperset(of: places), ContinuousClock.now < deadline {
            blockThread(for: .milliseconds(50))
            description = try describe(topics, waitMs: waitMs, failure: failure)
        }
        return description
    }

    /// Whether a broker answers a small question within `waitMs`.
    func isAnswered(waitMs: Int32) -> Bool {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, nil, &metadata, waitMs)
        if let metadata { rd_kafka_metadata_destroy(metadata) }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// What a broker says is wrong with a topic, `RD_KAFKA_RESP_ERR_NO_ERROR` where nothing is; nil if nobody tells
    /// within `waitMs`.
    func answer(about topic: String, waitMs: Int32) -> rd_kafka_resp_err_t? {
        guard let handle = rd_kafka_topic_new(pointer, topic, nil) else { return nil }
        defer { rd_kafka_topic_destroy(handle) }
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, handle, &metadata, waitMs)
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = metadata?.pointee, answer.topic_cnt > 0
        else { return nil }
        return answer.topics[0].err
    }

    /// The partitions that a topic has; nil if nobody tells within `waitMs`.
    func partitions(of topic: OpaquePointer, waitMs: Int32) -> [ClusterDescription.Partition]? {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, topic, &metadata, waitMs)
        defer { if let metadata { rd_kafka_metadata_destroy(metadata) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = metadata?.pointee, answer.topic_cnt > 0
        else { return nil }
        let found = answer.topics[0]
        guard found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return ClusterDescription.Topic(reading: found).partitions
    }

    /// The first offset that a partition has and the one that its next record will get. Throws `TransportError.kafka`,
    /// which names the partition.
    func watermarks(of place: TopicPartition, _ waitMs: Int32) throws(TransportError) -> (low: Int64, high: Int64) {
        var low: Int64 = 0
        var high: Int64 = 0
        let deadline = ContinuousClock.now + .milliseconds(waitMs)
        var code = rd_kafka_query_watermark_offsets(pointer, place.topic, place.partition, &low, &high, waitMs)
        // A topic that was just made has no leader for a moment.
        while code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            ContinuousClock.now < deadline
        {
            blockThread(for: .milliseconds(50))
            code = rd_kafka_query_watermark_offsets(pointer, place.topic, place.partition, &low, &high, waitMs)
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(code).transportError(of: place) }
        return (low, high)
    }

    /// Where partitions begin and end. One without a leader in `description` is not asked, as that would take all of
    /// `waitMs`; once one has failed, the others have a second each. Throws `TransportError.kafka` where no broker
    /// answers any more, or where of the partitions that were asked none told.
    func ends(
        of places: [TopicPartition],
        by description: ClusterDescription,
        _ waitMs: Int32
    ) throws(TransportError) -> [TopicPartition: PartitionEnds] {
        let led = description.ledPartitions
        var ends: [TopicPartition: PartitionEnds] = [:]
        var isAnyTold = false
        var failure: TransportError?
        for place in places {
            guard led.contains(place) else {
                ends[place] = .noLeader
                continue
            }
            do throws(TransportError) {
                let (low, high) = try watermarks(of: place, failure == nil ? waitMs : min(waitMs, Self.askMs))
                ends[place] = .told(low: low, high: high)
                isAnyTold = true
            } catch {
                guard isAnswered(waitMs: Self.askMs) else { throw error }
                ends[place] = .failed(error)
                failure = failure ?? error
            }
        }
        if let failure, !isAnyTold { throw failure }
        return ends
    }
}

extension ClusterDescription {
    /// The partitions that a broker leads.
    var ledPartitions: Set<TopicPartition> {
        var places: Set<TopicPartition> = []
        for topic in topics {
            for partition in topic.partitions where partition.leader != nil {
                places.insert(TopicPartition(topic: topic.name, partition: partition.id))
            }
        }
        return places
    }

    /// Copies librdkafka's metadata, which stays the caller's. Topics that it does not hold get the error that they do
    /// not exist.
    init(reading metadata: rd_kafka_metadata, topics wanted: [String]) {
        brokers = (0..<Int(metadata.broker_cnt)).map { index in
            let broker = metadata.brokers[index]
            return Broker(id: broker.id, host: broker.host.map { String(cString: $0) } ?? "", port: Int(broker.port))
        }
        var found: [String: Topic] = [:]
        for index in 0..<Int(metadata.topic_cnt) {
            let topic = Topic(reading: metadata.topics[index])
            found[topic.name] = topic
        }
        topics = wanted.map { name in
            found[name]
                ?? Topic(
                    name: name,
                    partitions: [],
                    error: KafkaFault(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).transportError(topic: name)
                )
        }
    }
}

extension ClusterDescription.Topic {
    fileprivate init(reading topic: rd_kafka_metadata_topic) {
        name = topic.topic.map { String(cString: $0) } ?? ""
        error = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFault(topic.err).transportError(topic: name)
        partitions = (0..<Int(topic.partition_cnt)).map { index in
            let partition = topic.partitions[index]
            return ClusterDescription.Partition(
                id: partition.id,
                leader: partition.leader < 0 ? nil : partition.leader,
                replicas: (0..<Int(partition.replica_cnt)).map { partition.replicas[$0] },
                inSyncReplicas: (0..<Int(partition.isr_cnt)).map { partition.isrs[$0] }
            )
        }
        .sorted { $0.id < $1.id }
    }
}
