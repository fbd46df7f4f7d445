import Testing
import UsherTestKit

extension EndToEnd {
    /// This machine's clock is not the database's: libfaketime shows the worker another one.
    @Suite("A wrong clock", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct WrongClockTests {
        @Test(
            "usher run does not start beyond five seconds, either way, and says by how much",
            .timeLimit(.minutes(3)),
            arguments: [("-90s", "behind"), ("+9s", "ahead of")]
        )
        func refused(shift: String, side: String) async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
                try await installation.use { installation in
                    let run = ["run", "-c", installation.settingsFile]
                    let answer = try await Shell.run(["faketime", "-f", shift, UsherProcess.binary] + run)
                    #expect(answer.code == 75, "\(answer)")
                    #expect(answer.error.contains("this machine's clock is"), "\(answer)")
                    #expect(answer.error.contains("\(side) the database's"), "\(answer)")
                    #expect(try await installation.count("select count(*) from usher.worker") == 0)
                }
            }
        }
    }
}
