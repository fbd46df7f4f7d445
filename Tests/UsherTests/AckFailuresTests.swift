import SessionCore
import Terminal
import Testing

@testable import KafkaTransport
@testable import usher

@Suite("Why jobs are not acknowledged")
struct AckFailuresTests {
    private static let refused = "TOPIC_AUTHORIZATION_FAILED: Broker: Topic authorization failed"

    private func cluster(leader: Int32? = 1, replicas: [Int32] = [1], inSync: [Int32] = [1]) -> ClusterDescription {
        let partition = ClusterDescription.Partition(
            id: 2,
            leader: leader,
            replicas: replicas,
            inSyncReplicas: inSync
        )
        let topic = ClusterDescription.Topic(name: "jobs", partitions: [partition], error: nil)
        return ClusterDescription(brokers: [], topics: [topic])
    }

    private func late(_ answer: Result<ClusterDescription, TransportError>) -> String {
        AckFailures.late(after: .seconds(30), answer)
    }

    @Test("what the producer let go of as it closed is no reason of Kafka's")
    func ofKafka() {
        let told = [Self.refused: 3, RecordAck.unsent: 4, RecordAck.unacknowledged: 5]
        #expect(AckFailures.ofKafka(told) == [Self.refused: 3])
    }

    @Test("a partition that nobody leads, and copies that are missing, are told")
    func answered() {
        #expect(
            late(.success(cluster(leader: nil)))
                == "no acknowledgement within 30s: jobs: partitions without a leader: 2; bring their brokers back"
        )
        let short = late(.success(cluster(replicas: [1, 2, 3], inSync: [1])))
        #expect(short.hasPrefix("no acknowledgement within 30s: jobs: copies out of step in partitions 2"))
    }

    @Test("brokers that answer are not said to be silent, however few copies there are")
    func noReason() {
        let text = late(.success(cluster()))
        #expect(text.hasPrefix("no acknowledgement within 30s: brokers answer, and give no reason; "), "\(text)")
        #expect(text.contains("min.insync.replicas"))
    }

    @Test("only where no broker answers it is said that none does")
    func silence() {
        let silent = TransportError.kafka(code: "_TRANSPORT", reason: "Check kafka.bootstrap_servers", isFatal: false)
        #expect(
            late(.failure(silent))
                == "no acknowledgement within 30s: no broker answers: Check kafka.bootstrap_servers (_TRANSPORT)"
        )
        let login = TransportError.kafka(code: "_AUTHENTICATION", reason: "Check the password", isFatal: false)
        #expect(late(.failure(login)) == "no acknowledgement within 30s: Check the password (_AUTHENTICATION)")
    }

    @Test("a right that is missing ends with another code than brokers that are away")
    func exitCode() {
        var report = EnqueueReport(input: "jobs", topics: TopicChoiceTests.one, lines: CheckedLines())
        report.ending = .brokerGone
        report.failures = ["given up when others failed": 1]
        #expect(report.exitCode == .unavailable)
        report.failures[Self.refused] = 2
        #expect(report.exitCode == .noPermission)
    }
}
