import CLibrdkafka
import Logs
package import SessionCore
import Synchronization

/// librdkafka's own mock cluster in this process: the real protocol on loopback ports that the system chooses, for a
/// first look and for tests. It keeps about 5 MiB of each partition and drops the rest silently, has no Admin API and
/// no transactions, and forgets everything when it is closed.
package final class EmbeddedKafka: Sendable {
    /// `host:port` of each broker, with commas between.
    package let bootstrapServers: String
    package let brokerCount: Int
    private let cluster: Mutex<Cluster?>

    /// Starts `brokers` brokers with ids from 1. Throws `TransportError.kafka` where no threads or ports are left.
    package init(brokers: Int = 1) throws(TransportError) {
        var text = [CChar](repeating: 0, count: 512)
        guard let conf = rd_kafka_conf_new() else {
            throw .kafka(code: "_CRIT_SYS_RESOURCE", reason: "out of memory", isFatal: true)
        }
        // It says on standard error what a broker's log would say.
        rd_kafka_conf_set_log_cb(conf) { _, _, _, _ in }
        guard let owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
            rd_kafka_conf_destroy(conf)
            throw .kafka(code: "_FAIL", reason: string(text), isFatal: true)
        }
        guard let mock = rd_kafka_mock_cluster_new(owner, Int32(brokers)) else {
            rd_kafka_destroy(owner)
            throw .kafka(code: "_FAIL", reason: "the embedded Kafka could not open its ports", isFatal: true)
        }
        bootstrapServers = rd_kafka_mock_cluster_bootstraps(mock).map { String(cString: $0) } ?? ""
        brokerCount = brokers
        cluster = Mutex(Cluster(owner: owner, mock: mock))
    }

    deinit {
        close()
    }

    /// Settings for clients of this cluster, with the timings that it needs: it sits out a fetch's whole wait, and a
    /// rebalance takes the session timeout less a second.
    package func settings(groupID: String = "usher") -> KafkaSettings {
        var settings = KafkaSettings(bootstrapServers: bootstrapServers, groupID: groupID)
        settings.fetchWaitMs = 10
        settings.sessionTimeoutMs = 6_000
        return settings
    }

    /// Makes a topic. Throws `TransportError.kafka` if it exists or the cluster is closed.
    package func createTopic(_ name: String, partitions: Int) throws(TransportError) {
        try call { rd_kafka_mock_topic_create($0, name, Int32(partitions), Int32(brokerCount)) }
    }

    /// Cuts a broker's connections and lets no new ones in, until `bringUp`. Ids are from 1.
    package func takeDown(broker: Int) throws(TransportError) {
        try call { rd_kafka_mock_broker_set_down($0, Int32(broker)) }
    }

    package func bringUp(broker: Int) throws(TransportError) {
        try call { rd_kafka_mock_broker_set_up($0, Int32(broker)) }
    }

    /// Delays every answer of a broker by this much.
    package func setRoundTrip(broker: Int, milliseconds: Int) throws(TransportError) {
        try call { rd_kafka_mock_broker_set_rtt($0, Int32(broker), Int32(milliseconds)) }
    }

    /// Has a broker lead a partition, or with -1 none; which one does otherwise is chance.
    package func setLeader(of topic: String, partition: Int, broker: Int) throws(TransportError) {
        try call { rd_kafka_mock_partition_set_leader($0, topic, Int32(partition), Int32(broker)) }
    }

    /// Has the brokers tell an error when they are asked what there is of a topic. `error` is the protocol's code; with
    /// 0 all is well again.
    package func setError(ofTopic topic: String, _ error: Int32) {
        cluster.withLock { cluster in
            guard let cluster else { return }
            rd_kafka_mock_topic_set_error(cluster.mock, topic, rd_kafka_resp_err_t(rawValue: error))
        }
    }

    /// Makes the next requests of a kind fail, once for each error. `request` is the protocol's number (0: Produce,
    /// 1: Fetch, 2: ListOffsets, 8: OffsetCommit), `errors` are its error codes.
    package func failRequests(_ request: Int16, errors: [Int32]) {
        let codes = errors.map { rd_kafka_resp_err_t(rawValue: $0) }
        cluster.withLock { cluster in
            guard let cluster else { return }
            rd_kafka_mock_push_request_errors_array(cluster.mock, request, codes.count, codes)
        }
    }

    /// Ends the cluster. A second call changes nothing.
    package func close() {
        let ended = cluster.withLock { cluster in
            let ended = cluster
            cluster = nil
            return ended
        }
        guard let ended else { return }
        rd_kafka_mock_cluster_destroy(ended.mock)
        rd_kafka_destroy(ended.owner)
    }

    private func call(_ body: (OpaquePointer) -> rd_kafka_resp_err_t) throws(TransportError) {
        let code = cluster.withLock { cluster in
            cluster.map { body($0.mock) } ?? RD_KAFKA_RESP_ERR__DESTROY
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaFault(code).transportError() }
    }
}

/// The mock cluster, and the client that librdkafka wants one to belong to.
private struct Cluster: @unchecked Sendable {
    // `@unchecked`: the mock's functions hand their work to the cluster's own thread and may be called from any.
    let owner: OpaquePointer
    let mock: OpaquePointer
}
