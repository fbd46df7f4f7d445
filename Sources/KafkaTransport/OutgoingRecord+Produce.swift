import CLibrdkafka
import SessionCore

extension OutgoingRecord {
    /// Gives a copy of the record to the producer; nil when it was taken. `token` comes back with the delivery report,
    /// `schema` is the text of a result's header.
    func produce(with producer: OpaquePointer, to topic: OpaquePointer, schema: String, token: UInt) -> KafkaFault? {
        switch content {
        case .record(let record):
            guard var list = HeaderList(capacity: record.headers.count) else { return HeaderList.outOfMemory }
            for header in record.headers {
                var name = header.name
                name.withUTF8 { name in header.value.withUnsafeBytes { list.add(name, $0) } }
            }
            return record.key.withUnsafeBytes { key in
                record.value.withUnsafeBytes { Self.produce(topic, key, $0, list, token: token, with: producer) }
            }
        case .result(let result, let traceparent):
            guard let list = HeaderList(result, traceparent: traceparent, schema) else { return HeaderList.outOfMemory }
            var key = result.orderID
            return key.withUTF8 { key in
                result.value.withUnsafeBytes { value in
                    Self.produce(topic, UnsafeRawBufferPointer(key), value, list, token: token, with: producer)
                }
            }
        }
    }

    // One header list, not one argument a header: with the latter, librdkafka before 2.12 frees the headers twice when
    // the topic does not exist.
    private static func produce(
        _ topic: OpaquePointer,
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer,
        _ headers: HeaderList,
        token: UInt,
        with producer: OpaquePointer
    ) -> KafkaFault? {
        guard headers.isComplete else {
            headers.destroy()
            return HeaderList.outOfMemory
        }
        let error = withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 6) { arguments in
            arguments.initialize(repeating: rd_kafka_vu_t())
            arguments[0].vtype = RD_KAFKA_VTYPE_RKT
            arguments[0].u.rkt = topic
            arguments[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS
            arguments[1].u.i = RD_KAFKA_MSG_F_COPY
            arguments[2].vtype = RD_KAFKA_VTYPE_KEY
            arguments[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: key.baseAddress)
            arguments[2].u.mem.size = key.count
            arguments[3].vtype = RD_KAFKA_VTYPE_VALUE
            arguments[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: value.baseAddress)
            arguments[3].u.mem.size = value.count
            arguments[4].vtype = RD_KAFKA_VTYPE_HEADERS
            arguments[4].u.headers = headers.list
            arguments[5].vtype = RD_KAFKA_VTYPE_OPAQUE
            arguments[5].u.ptr = UnsafeMutableRawPointer(bitPattern: token)
            return rd_kafka_produceva(producer, arguments.baseAddress, arguments.count)
        }
        guard let error else { return nil }
        // The list is librdkafka's only when it took the record.
        headers.destroy()
        let fault = KafkaFault(rd_kafka_error_code(error), String(cString: rd_kafka_error_string(error)))
        rd_kafka_error_destroy(error)
        return fault
    }
}

/// A record's headers, built for librdkafka. They are the maker's to destroy until a record is taken with them.
private struct HeaderList {
    let list: OpaquePointer
    /// False when the memory did not suffice for a header.
    private(set) var isComplete = true

    static var outOfMemory: KafkaFault { KafkaFault(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE) }

    init?(capacity: Int) {
        guard let list = rd_kafka_headers_new(capacity) else { return nil }
        self.list = list
    }

    /// The headers of a result.
    init?(_ result: EncodedResult, traceparent: String?, _ schema: String) {
        self.init(capacity: 5)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: ResultID.textBytes) { text in
            guard let start = text.baseAddress else { return }
            result.resultID.writeText(to: start)
            add("result_id", UnsafeRawBufferPointer(text))
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.bytesMax) { text in
            guard let start = text.baseAddress else { return }
            let count = DecimalText.write(Int64(result.generation), to: start)
            add("generation", UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[..<count]))
        }
        add("outcome", result.outcome.rawValue)
        add("schema", schema)
        if let traceparent { add("traceparent", traceparent) }
    }

    mutating func add(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeRawBufferPointer) {
        let code = name.withMemoryRebound(to: CChar.self) { name in
            rd_kafka_header_add(list, name.baseAddress, name.count, value.baseAddress, value.count)
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { isComplete = false }
    }

    private mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        add(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value)
    }

    private mutating func add(_ name: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { add(name, UnsafeRawBufferPointer($0)) }
    }

    func destroy() {
        rd_kafka_headers_destroy(list)
    }
}
