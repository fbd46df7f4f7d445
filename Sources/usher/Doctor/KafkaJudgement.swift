import KafkaTransport
import SessionCore

/// What Kafka's answers mean. Pure.
enum KafkaJudgement {
    /// The largest job with room for key and framing.
    static let recordBytesMin = 66 << 10
    /// A broker's limit is for a batch, and the producer makes them of a million bytes.
    static let batchBytesMin = 1 << 20
    /// The contract (`docs/contracts/asyncapi.yaml`) says an hour at most: links live for a quarter of one.
    static let resultsRetentionAdvice: Duration = .seconds(3_600)
    static let jobsRetentionAdvice: Duration = .seconds(24 * 3_600)

    static func cluster(_ cluster: ClusterDescription) -> [Finding] {
        let list = cluster.brokers.map { "\($0.host):\($0.port)" }.joined(separator: ", ")
        let count = cluster.brokers.count
        return [.ok("\(count) broker\(count == 1 ? "" : "s"): \(list)")]
    }

    /// Whether a topic is there and can lose a broker.
    static func topic(_ topic: ClusterDescription.Topic, brokers: Int) -> [Finding] {
        if let error = topic.error { return [.blocking("\(topic.name): \(Explanation.of(error).message)")] }
        let headless = topic.partitions.filter { $0.leader == nil }.map { String($0.id) }
        if !headless.isEmpty {
            let list = headless.joined(separator: ", ")
            return [.problem("\(topic.name): partitions without a leader: \(list); bring their brokers back")]
        }
        let replicas = topic.partitions.map(\.replicas.count).min() ?? 0
        let count = topic.partitions.count
        let text =
            "\(topic.name): \(count) partition\(count == 1 ? "" : "s"), \(replicas) cop\(replicas == 1 ? "y" : "ies")"
        var findings: [Finding] = [.ok(text)]
        let late = topic.partitions.filter { $0.inSyncReplicas.count < $0.replicas.count }.map { String($0.id) }
        if !late.isEmpty {
            findings.append(
                .problem(
                    "\(topic.name): copies out of step in partitions \(late.joined(separator: ", ")); "
                        + "look at the brokers"
                )
            )
        }
        if replicas < 2 {
            let text = "\(topic.name): one copy only: a broker's disk that fails takes records along"
            findings.append(
                brokers > 1
                    ? .problem("\(text); use replication factor \(min(3, brokers))")
                    : .advice("\(text); use three brokers")
            )
        }
        return findings
    }

    /// Settings that both kinds of topics need. `replicas` is the least that a partition has.
    static func settings(_ topic: String, _ settings: [String: String], replicas: Int) -> [Finding] {
        var findings: [Finding] = []
        if let least = settings["min.insync.replicas"].flatMap({ Int($0) }) {
            if replicas > 1, least < 2 {
                findings.append(
                    .problem(
                        "\(topic): min.insync.replicas is 1, so an acknowledged record may have one copy; set it to 2"
                    )
                )
            } else if replicas > 1, least >= replicas {
                findings.append(
                    .advice(
                        "\(topic): min.insync.replicas is \(least) of \(replicas) copies: one broker away stops writing"
                    )
                )
            }
        }
        if let bytes = settings["max.message.bytes"].flatMap({ Int($0) }), bytes < recordBytesMin {
            findings.append(
                .problem(
                    "\(topic): max.message.bytes is \(bytes): the largest job does not fit; "
                        + "set \(batchBytesMin) or more"
                )
            )
        } else if let bytes = settings["max.message.bytes"].flatMap({ Int($0) }), bytes < batchBytesMin {
            findings.append(
                .problem(
                    "\(topic): max.message.bytes is \(bytes): the broker refuses batches of more, and all records in "
                        + "them, for ever; set \(batchBytesMin) or more"
                )
            )
        }
        return findings
    }

    /// The results topic holds links that log customers in.
    static func resultsRetention(_ topic: String, _ settings: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if let policy = settings["cleanup.policy"], policy.contains("compact") {
            let text = "\(topic): cleanup.policy is \(policy): the last link of each order stays for ever; set delete"
            findings.append(.problem(text))
        }
        // Kafka deletes whole segments: what came first into one goes with what comes last.
        for name in ["retention.ms", "segment.ms"] {
            guard let milliseconds = self.milliseconds(name, settings) else { continue }
            let span = Duration.milliseconds(milliseconds)
            guard milliseconds < 0 || span > resultsRetentionAdvice else { continue }
            let words = milliseconds < 0 ? "for ever" : "for \(span.inWords)"
            findings.append(
                .advice("\(topic): \(name) keeps links \(words); they are secrets: set it to an hour at most")
            )
        }
        return findings
    }

    /// Jobs that are deleted before they are read are lost.
    static func jobsRetention(_ topic: String, _ settings: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if let policy = settings["cleanup.policy"], policy.contains("compact") {
            findings.append(
                .problem("\(topic): cleanup.policy is \(policy): Kafka may delete jobs that were not read; set delete")
            )
        }
        if let span = retention(settings), span < jobsRetentionAdvice {
            findings.append(
                .advice("\(topic): jobs are kept \(span.inWords) only (retention.ms); one unread for longer is lost")
            )
        }
        return findings
    }

    /// After how long a topic's records are deleted; nil where they are kept for ever, or Kafka does not say.
    static func retention(_ settings: [String: String]) -> Duration? {
        guard let span = milliseconds("retention.ms", settings), span >= 0 else { return nil }
        return .milliseconds(span)
    }

    /// Negative for ever, nil where Kafka does not say.
    private static func milliseconds(_ name: String, _ settings: [String: String]) -> Int64? {
        settings[name].flatMap { Int64($0) }
    }
}
