import Testing

@testable import KafkaTransport
@testable import SessionCore
@testable import usher

@Suite("What usher doctor says of records that wait on Kafka")
struct WaitingRecordsTests {
    private static let hour: Int64 = 3_600

    private static func place(_ partition: Int32, _ topic: String = "jobs") -> TopicPartition {
        TopicPartition(topic: topic, partition: partition)
    }

    /// A record that was written so many seconds ago.
    private static func written(_ seconds: Int64) -> FirstRecord {
        .record(writtenAt: SampleOrder.now.advanced(by: .seconds(-seconds)))
    }

    /// What is found while a worker has every partition, unless `assigned` says otherwise.
    private func findings(
        _ first: [TopicPartition: FirstRecord],
        retention: Duration? = .seconds(100 * Self.hour),
        assigned: Result<Set<TopicPartition>, any Error>? = .success(Set((0..<20).map { Self.place($0) }))
    ) -> [Finding] {
        WaitingRecords(
            first: first,
            retention: retention.map { ["jobs": $0] } ?? [:],
            assigned: assigned,
            now: SampleOrder.now
        ).findings
    }

    @Test("Where nothing waits, that is said once")
    func nothing() {
        #expect(findings([:]) == [.ok("no record waits in a partition that is read on")])
        #expect(findings([Self.place(0): .nothing]) == [.ok("no record waits in a partition that is read on")])
    }

    @Test("The age of a topic's oldest record is told; from two minutes on it is advice")
    func age() {
        let young = [Self.place(0): Self.written(3), Self.place(1): Self.written(120)]
        #expect(findings(young) == [.ok("jobs: the oldest record that waits on Kafka is 2m old (partition 1)")])
        let old = findings([Self.place(0): Self.written(121), Self.place(1): Self.written(5)])
        #expect(old.map(\.status) == [.advice])
        let words = "jobs: the oldest record that waits on Kafka is 2m 1s old (partition 0); "
        #expect(old.first?.text.hasPrefix(words) == true, "\(old)")
        let ahead = findings([Self.place(0): Self.written(-60)])
        #expect(ahead == [.ok("jobs: the oldest record that waits on Kafka is 0ms old (partition 0)")])
    }

    @Test("What is older than half of its topic's retention is a problem, with and without workers")
    func retention() {
        let half = [Self.place(0): Self.written(50 * Self.hour)]
        #expect(findings(half).map(\.status) == [.advice])
        let late = [Self.place(0): Self.written(50 * Self.hour + 1), Self.place(1): Self.written(1)]
        let workers: [Result<Set<TopicPartition>, any Error>?] = [.success([Self.place(0), Self.place(1)]), nil]
        for assigned in workers {
            let found = findings(late, assigned: assigned)
            #expect(found.map(\.status) == [.problem])
            #expect(
                found.first?.text.hasPrefix(
                    "jobs: the oldest record that waits on Kafka is 2d 2h old (partition 0), and Kafka deletes what is "
                        + "4d 4h old, taken in or not (retention.ms): "
                ) == true,
                "\(found)"
            )
        }
        // Kept for ever, or Kafka does not say.
        #expect(findings(late, retention: nil).map(\.status) == [.advice])
    }

    @Test("Records that wait for two minutes where no worker has their partition are a problem, told once a topic")
    func unassigned() {
        let others: Result<Set<TopicPartition>, any Error> = .success([Self.place(1)])
        let first = Dictionary(uniqueKeysWithValues: (0..<3).map { (Self.place($0), Self.written(Int64($0) + 120)) })
        let found = findings(first, assigned: others)
        #expect(found.map(\.status) == [.problem])
        #expect(
            found.first?.text.hasPrefix(
                "jobs: no worker has partition 2, where records have waited on Kafka for 2m 2s: workers read their "
                    + "settings when they start: restart those that began before the topic was among their "
                    + "kafka.jobs_topics"
            ) == true,
            "\(found)"
        )
        let all = Dictionary(uniqueKeysWithValues: (0..<10).map { (Self.place($0), Self.written(60 * Self.hour)) })
        let none = findings(all, assigned: .success([]))
        #expect(none.map(\.status) == [.problem, .problem], "nobody has them, and they are deleted soon")
        #expect(none.first?.text.contains("has partitions 0, 1, 2, 3, 4, 5, 6, 7 and 2 more, where") == true)
        // Without a worker that is told by another check.
        #expect(findings(first, assigned: nil).map(\.status) == [.advice])
    }

    @Test("Where Kafka does not say who has partitions, that is told once it matters")
    func unknownMembers() {
        let error = TransportError.kafka(code: "REBALANCE_IN_PROGRESS", reason: "wait", isFatal: false)
        let words = "; whether a worker has the partition cannot be told: Kafka: wait (REBALANCE_IN_PROGRESS)"
        let ages: [(Int64, Finding.Status, Bool)] = [
            (120, .ok, false), (121, .advice, true), (60 * Self.hour, .problem, true),
        ]
        for (age, status, isTold) in ages {
            let found = findings([Self.place(0): Self.written(age)], assigned: .failure(error))
            #expect(found.map(\.status) == [status])
            #expect(found.first?.text.hasSuffix(words) == isTold, "\(found)")
        }
    }

    @Test("Partitions of which no age can be told are advice, beside those of which it can")
    func untold() {
        let error = TransportError.kafka(code: "_BAD_MSG", reason: "look at the disk", isFatal: false)
        let found = findings([
            Self.place(0): Self.written(1), Self.place(2): .unread(error), Self.place(1): .record(writtenAt: nil),
        ])
        #expect(found.map(\.status) == [.ok, .advice])
        #expect(
            found.last?.text
                == "jobs: how long records have waited in partitions 1, 2 cannot be told: the first carries no time"
        )
        let damaged = findings([Self.place(2): .unread(error)])
        #expect(
            damaged == [
                .advice(
                    "jobs: how long records have waited in partition 2 cannot be told: Kafka: look at the disk "
                        + "(_BAD_MSG)"
                )
            ]
        )
    }

    @Test("Topics are judged each by its own retention")
    func topics() {
        let first = [Self.place(0): Self.written(60 * Self.hour), Self.place(0, "bulk"): Self.written(60 * Self.hour)]
        let found = findings(first, assigned: nil)
        #expect(found.map(\.status) == [.advice, .problem])
        #expect(found.map { String($0.text.prefix { $0 != ":" }) } == ["bulk", "jobs"])
    }

    @Test("Partitions are looked at from where nothing was taken in, unless they are stopped or read to their end")
    func offsets() {
        func standing(_ partition: Int32, position: Int64?, committed: Int64? = nil) -> PartitionStanding {
            PartitionStanding(
                partition: Self.place(partition),
                position: position,
                committed: committed,
                first: 10,
                end: 25
            )
        }
        let standings = [
            standing(0, position: 20, committed: 12), standing(1, position: nil), standing(2, position: 25),
            standing(3, position: 7), standing(4, position: 26), standing(5, position: nil, committed: 24),
        ]
        #expect(WaitingRecords.offsets(standings) == [Self.place(0): 20, Self.place(1): 10, Self.place(5): 24])
    }

    @Test("A retention is a span, or none where records are kept for ever or Kafka does not say")
    func retentionOfSettings() {
        #expect(KafkaJudgement.retention(["retention.ms": "604800000"]) == .seconds(7 * 86_400))
        #expect(KafkaJudgement.retention(["retention.ms": "-1"]) == nil)
        #expect(KafkaJudgement.retention([:]) == nil)
    }
}
