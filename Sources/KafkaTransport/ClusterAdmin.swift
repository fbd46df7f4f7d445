import CLibrdkafka
import SessionCore

/// Kafka's Admin API over a client that is connected. Used on the client's thread.
struct ClusterAdmin {
    let client: ClientHandle
    let timeoutMs: Int32

    func create(_ topics: [ClusterProbe.NewTopic]) throws(TransportError) {
        var orders: [OpaquePointer?] = []
        defer { for order in orders { if let order { rd_kafka_NewTopic_destroy(order) } } }
        for topic in topics {
            var text = [CChar](repeating: 0, count: 512)
            let replicas = topic.replicas.map { Int32($0) } ?? -1
            guard
                let order = rd_kafka_NewTopic_new(topic.name, Int32(topic.partitions), replicas, &text, text.count)
            else { throw .setting(name: topic.name, reason: string(text)) }
            orders.append(order)
            for (name, value) in topic.settings { rd_kafka_NewTopic_set_config(order, name, value) }
        }
        let event = try ask(RD_KAFKA_ADMIN_OP_CREATETOPICS) { options, queue in
            rd_kafka_CreateTopics(client.pointer, &orders, orders.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event),
            let answers = rd_kafka_CreateTopics_result_topics(result, &count)
        else { return }
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(answers[index])
            let name = rd_kafka_topic_result_name(answers[index]).map { String(cString: $0) }
            let text = rd_kafka_topic_result_error_string(answers[index]).map { String(cString: $0) }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else {
                throw KafkaFault(code, text).transportError(topic: name)
            }
        }
    }

    func describe(topic: String) throws(TransportError) -> [String: String] {
        var resources: [OpaquePointer?] = [rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)]
        defer { for resource in resources { if let resource { rd_kafka_ConfigResource_destroy(resource) } } }
        let event = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) { options, queue in
            rd_kafka_DescribeConfigs(client.pointer, &resources, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = rd_kafka_event_DescribeConfigs_result(event),
            let answers = rd_kafka_DescribeConfigs_result_resources(result, &count), count > 0, let answer = answers[0]
        else { return [:] }
        let code = rd_kafka_ConfigResource_error(answer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = rd_kafka_ConfigResource_error_string(answer).map { String(cString: $0) }
            throw KafkaFault(code, text).transportError(topic: topic)
        }
        var entryCount = 0
        guard let entries = rd_kafka_ConfigResource_configs(answer, &entryCount) else { return [:] }
        var settings: [String: String] = [:]
        for index in 0..<entryCount {
            guard let entry = entries[index], let name = rd_kafka_ConfigEntry_name(entry),
                let value = rd_kafka_ConfigEntry_value(entry)
            else { continue }
            settings[String(cString: name)] = String(cString: value)
        }
        return settings
    }

    /// The partitions that a group's members have. Throws while it deals them out, when nobody seems to have any.
    func partitions(of group: String) throws(TransportError) -> Set<TopicPartition> {
        let event = try ask(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS) { options, queue in
            group.withCString { name in
                var names: [UnsafePointer<CChar>?] = [name]
                rd_kafka_DescribeConsumerGroups(client.pointer, &names, 1, options, queue)
            }
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let result = rd_kafka_event_DescribeConsumerGroups_result(event),
            let answers = rd_kafka_DescribeConsumerGroups_result_groups(result, &count), count > 0,
            let answer = answers[0]
        else { throw KafkaFault(RD_KAFKA_RESP_ERR__FAIL).transportError() }
        let error = rd_kafka_ConsumerGroupDescription_error(answer)
        let code = rd_kafka_error_code(error)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = rd_kafka_error_string(error).map { String(cString: $0) }
            throw KafkaFault(code, text).transportError()
        }
        switch rd_kafka_ConsumerGroupDescription_state(answer) {
        case RD_KAFKA_CONSUMER_GROUP_STATE_STABLE, RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY,
            RD_KAFKA_CONSUMER_GROUP_STATE_DEAD:
            break
        default:
            throw KafkaFault(RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS).transportError()
        }
        var partitions: Set<TopicPartition> = []
        for index in 0..<rd_kafka_ConsumerGroupDescription_member_count(answer) {
            guard let member = rd_kafka_ConsumerGroupDescription_member(answer, index),
                let assignment = rd_kafka_MemberDescription_assignment(member)
            else { continue }
            let list = PartitionOffset.read(rd_kafka_MemberAssignment_partitions(assignment))
            partitions.formUnion(list.map(\.partition))
        }
        return partitions
    }

    /// Sends a request and waits for its event, which is the caller's to destroy.
    private func ask(
        _ operation: rd_kafka_admin_op_t,
        _ send: (OpaquePointer, OpaquePointer) -> Void
    ) throws(TransportError) -> OpaquePointer {
        guard let options = rd_kafka_AdminOptions_new(client.pointer, operation),
            let queue = rd_kafka_queue_new(client.pointer)
        else { throw KafkaFault(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE).transportError() }
        defer {
            rd_kafka_queue_destroy(queue)
            rd_kafka_AdminOptions_destroy(options)
        }
        var text = [CChar](repeating: 0, count: 512)
        rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, &text, text.count)
        send(options, queue)
        // The library's own deadline comes first; this one is in case it does not.
        guard let event = rd_kafka_queue_poll(queue, timeoutMs + 5_000) else {
            throw KafkaFault(RD_KAFKA_RESP_ERR__TIMED_OUT).transportError()
        }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let text = rd_kafka_event_error_string(event).map { String(cString: $0) }
            rd_kafka_event_destroy(event)
            throw KafkaFault(code, text).transportError()
        }
        return event
    }
}
