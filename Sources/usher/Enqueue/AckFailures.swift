import KafkaTransport
import SessionCore

/// Why jobs that were sent are not acknowledged, by what Kafka tells. Pure.
enum AckFailures {
    /// Those for which Kafka told a reason: without records that the producer only let go of as it closed.
    static func ofKafka(_ failures: [String: Int]) -> [String: Int] {
        failures.filter { !RecordProducer.isOfClosing($0.key) }
    }

    /// Whether Kafka refuses the login, or it lacks a right. A reason of Kafka's begins with its code.
    static func haveRefusal(_ failures: [String: Int]) -> Bool {
        failures.keys.contains { reason in Explanation.isRefusal(ofKafka: reason.prefix { $0 != ":" }) }
    }

    /// The reason where nothing was acknowledged for `patience`. A broker that has a record tried again and again tells
    /// librdkafka why, which keeps it to itself: what the cluster says of its topics must do.
    static func late(
        after patience: Duration,
        _ answer: Result<ClusterDescription, TransportError>
    ) -> String {
        let late = "no acknowledgement within \(patience.inWords)"
        switch answer {
        case .success(let cluster):
            // Judged as of one broker: that there is one copy only keeps no record from being taken.
            let problems = cluster.topics.flatMap { KafkaJudgement.topic($0, brokers: 1) }
                .filter { $0.status == .problem }.map(\.text)
            if !problems.isEmpty { return "\(late): \(problems.joined(separator: "; "))" }
            return "\(late): brokers answer, and give no reason; look at min.insync.replicas and at their logs"
        case .failure(.kafka(let code, let reason, _)) where Explanation.isRefusal(ofKafka: code):
            return "\(late): \(reason) (\(code))"
        case .failure(let error):
            return "\(late): no broker answers: \(error)"
        }
    }
}
