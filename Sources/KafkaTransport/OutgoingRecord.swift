import SessionCore

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
    enum Content: Sendable {
        case record(NewRecord)
        /// A result for the producer's topic of results, with the headers that every result has.
        case result(EncodedResult, traceparent: String?)
    }

    /// The caller's number for it, given back with its acknowledgement.
    var id: Int64
    var content: Content

}

/// What all results of a sink have in common. The producer's own: a record that referred to it would count it with each
/// copy, on every thread that it goes through.
struct ResultTopic: Sendable {
    let name: String
    /// The text of the `schema` header.
    let schema: String
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
    /// Failures that say only that the producer closed first.
    static let unsent = "closed before it was sent"
    static let unacknowledged = "closed before Kafka acknowledged it"

    var id: Int64
    /// nil when Kafka has it.
    var failure: String?
}
