import CLibrdkafka
import SessionCore

/// An error of librdkafka's, with what a person can do about it.
struct KafkaFault: Equatable, Sendable {
    /// librdkafka's number.
    var number: Int32
    /// librdkafka's own words: names brokers, topics and groups, never a value of a record.
    var text: String

    init(_ code: rd_kafka_resp_err_t, _ text: String? = nil) {
        number = code.rawValue
        self.text = text ?? String(cString: rd_kafka_err2str(code))
    }

    var code: rd_kafka_resp_err_t { rd_kafka_resp_err_t(rawValue: number) }

    /// librdkafka's name of the error, such as `_TRANSPORT`.
    var name: String { String(cString: rd_kafka_err2name(code)) }

    /// The error as the ports know it. `topic` is what was being worked on, where that is one topic.
    func transportError(topic: String? = nil, isFatal: Bool = false) -> TransportError {
        var reason = text
        if let advice = advice(topic: topic) { reason += ". " + advice }
        return .kafka(code: name, reason: reason, isFatal: isFatal)
    }

    /// The error of a question about one partition, which it names.
    func transportError(of place: TopicPartition) -> TransportError {
        KafkaFault(code, "\(place.topic)[\(place.partition)]: \(text)").transportError(topic: place.topic)
    }

    /// What to do about it; nil where there is nothing to say that the text does not.
    func advice(topic: String?, libraryVersion: Int32 = rd_kafka_version()) -> String? {
        let topic = topic.map { "topic \($0)" } ?? "the topic"
        switch code {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
            return authenticationAdvice(libraryVersion: libraryVersion)
        case RD_KAFKA_RESP_ERR__SSL:
            return "Check kafka.security.ca_file against the brokers' certificates, and that the host names in "
                + "kafka.bootstrap_servers are the ones in the certificates"
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
            return "Allow this user to Read and Describe (jobs) or Write and Describe (results) on \(topic)"
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
            return "Allow this user to Read on the consumer group of kafka.group_id"
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
            return "Allow this user to IdempotentWrite on the cluster (before Kafka 3.0) or to Write on the topic"
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return "Create \(topic), or correct its name in the configuration; Usher never creates topics by itself"
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            return
                "What was to be read next is not on Kafka any more: records of \(topic) were deleted (retention), or "
                + "it was created anew"
        case RD_KAFKA_RESP_ERR__BAD_MSG:
            return "A batch of \(topic) fails its checksum each time it is read: look at the broker's disk"
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
            return "Raise max.message.bytes of \(topic)"
        case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
            return "Fewer replicas are in sync than min.insync.replicas asks for: bring the missing brokers back"
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
            return
                "Check kafka.bootstrap_servers, that the brokers run, and that kafka.security is what their port speaks"
        default:
            return nil
        }
    }

    /// librdkafka before 2.6.1 builds the SCRAM client's final nonce wrongly, and Kafka 4 refuses it as a bad password.
    private func authenticationAdvice(libraryVersion: Int32) -> String {
        let check =
            "Check kafka.security.username and kafka.security.password_file, and that the brokers offer "
            + "kafka.security.sasl_mechanism"
        guard text.contains("SCRAM"), libraryVersion < 0x0206_01FF else { return check }
        let version = "\(libraryVersion >> 24).\(libraryVersion >> 16 & 255).\(libraryVersion >> 8 & 255)"
        return "If the password is right: librdkafka \(version) on this machine cannot log in to Kafka 4 with SCRAM "
            + "(fixed in 2.6.1), and Kafka calls that invalid credentials. Use a client certificate (ssl) or mechanism "
            + "PLAIN, or install librdkafka 2.6.1 or newer. " + check
    }
}
