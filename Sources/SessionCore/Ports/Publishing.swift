/// A result on its way to the results topic.
package struct OutboxRecord: Equatable, Sendable {
    /// The worker's number of this sending; acknowledgements carry it.
    package var token: Int64
    package var result: EncodedResult
    package var traceparent: String?

    package init(token: Int64, result: EncodedResult, traceparent: String?) {
        self.token = token
        self.result = result
        self.traceparent = traceparent
    }
}

/// What became of a record that was handed to the sink.
package struct PublishAck: Equatable, Sendable {
    package var token: Int64
    /// nil when the broker acknowledged it; otherwise the record must be published again.
    package var failure: String?

    package init(token: Int64, failure: String?) {
        self.token = token
        self.failure = failure
    }
}

/// Where results go. A record handed in is acknowledged exactly once through `acks`, unless the process ends.
package protocol ResultSink: Sendable {
    /// Hands records to the producer. Does not wait for the broker. Urgent ones, which agents wait for, are not held
    /// back to go together with the others.
    func publish(_ records: [OutboxRecord], areUrgent: Bool)
    /// Waits for acknowledgements and returns all that have gathered; nil once the sink was closed.
    func acks() async -> [PublishAck]?
    /// Waits until everything handed in is acknowledged, at most `timeout`, then closes.
    func close(timeout: Duration) async
}

extension ResultSink {
    /// Hands records to the producer that may wait for others to go with them: a campaign's, and what is sent again.
    package func publish(_ records: [OutboxRecord]) {
        publish(records, areUrgent: false)
    }
}

/// Kafka could not do what was asked.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `code` is librdkafka's name (`_TRANSPORT`, `TOPIC_AUTHORIZATION_FAILED`); `reason` says what to do where known.
    case kafka(code: String, reason: String, isFatal: Bool)
    /// A setting was refused.
    case setting(name: String, reason: String)

    package var description: String {
        switch self {
        case .kafka(let code, let reason, _): "\(reason) (\(code))"
        case .setting(let name, let reason): "\(name): \(reason)"
        }
    }
}
