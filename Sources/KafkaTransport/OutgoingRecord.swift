import CLibrdkafka

/// A record to be written.
package struct NewRecord: Equatable, Sendable {
    package var topic: String
    /// Decides the partition, as Kafka's Java clients would.
    package var key: [UInt8]
    package var value: [UInt8]
    package var headers: [RecordHeader]

    package init(topic: String, key: [UInt8], value: [UInt8], headers: [RecordHeader] = []) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A record on its way to Kafka.
struct OutgoingRecord: Sendable {
    /// The caller's number for it, given back with its acknowledgement.
    var id: Int64
    var record: NewRecord
}

/// A header of a record. Names may repeat.
package struct RecordHeader: Equatable, Sendable {
    package var name: String
    package var value: [UInt8]

    package init(_ name: String, _ value: [UInt8]) {
        self.name = name
        self.value = value
    }

    package init(_ name: String, _ value: String) {
        self.init(name, Array(value.utf8))
    }
}

/// What became of a record.
struct RecordAck: Equatable, Sendable {
    var id: Int64
    /// nil when Kafka has it.
    var failure: String?
}

extension OutgoingRecord {
    /// Gives a copy of the record to the producer; nil when it was taken. `token` comes back with the delivery report.
    func produce(with producer: OpaquePointer, token: UInt) -> KafkaFault? {
        guard let list = rd_kafka_headers_new(record.headers.count) else {
            return KafkaFault(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE)
        }
        for header in record.headers {
            let code = header.value.withUnsafeBytes { value in
                rd_kafka_header_add(list, header.name, -1, value.baseAddress, value.count)
            }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                rd_kafka_headers_destroy(list)
                return KafkaFault(code)
            }
        }
        // One header list, not one argument a header: with the latter, librdkafka before 2.12 frees the headers twice
        // when the topic does not exist.
        let error = record.topic.withCString { topic in
            record.key.withUnsafeBytes { key in
                record.value.withUnsafeBytes { value in
                    Self.produce(topic, key, value, headers: list, token: token, with: producer)
                }
            }
        }
        guard let error else { return nil }
        // The list is librdkafka's only when it took the record.
        rd_kafka_headers_destroy(list)
        let fault = KafkaFault(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
        rd_kafka_error_destroy(error)
        return fault
    }

    private static func produce(
        _ topic: UnsafePointer<CChar>,
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        headers: OpaquePointer,
        token: UInt,
        with producer: OpaquePointer
    ) -> OpaquePointer? {
        var arguments = [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 6)
        arguments[0].vtype = RD_KAFKA_VTYPE_TOPIC
        arguments[0].u.cstr = topic
        arguments[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        arguments[1].u.i = RD_KAFKA_MSG_F_COPY
        arguments[2].vtype = RD_KAFKA_VTYPE_KEY
        arguments[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: key.baseAddress)
        arguments[2].u.mem.size = key.count
        arguments[3].vtype = RD_KAFKA_VTYPE_VALUE
        arguments[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: value.baseAddress)
        arguments[3].u.mem.size = value.count
        arguments[4].vtype = RD_KAFKA_VTYPE_HEADERS
        arguments[4].u.headers = headers
        arguments[5].vtype = RD_KAFKA_VTYPE_OPAQUE
        arguments[5].u.ptr = UnsafeMutableRawPointer(bitPattern: token)
        return rd_kafka_produceva(producer, &arguments, arguments.count)
    }
}
