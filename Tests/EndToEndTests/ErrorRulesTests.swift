import Foundation
import KafkaTransport
import Testing
import UsherTestKit

extension EndToEnd {
    /// A code that nobody knew is taught while workers run, and the lesson is taken back.
    @Suite("Error rules")
    struct ErrorRulesTests {
        @Test(
            "two running workers follow a rule that is set, and that is taken away, within five seconds",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(4))
        )
        func taught() async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(on: KafkaCluster(kafka), partitions: 4, faults: "417=100%")
                try await installation.use(scenario)
            }
        }

        private func scenario(_ installation: Installation) async throws {
            let workers = try ["w1", "w2"].map { try installation.startWorker($0) }
            try await Workload(jobs: 20, prefix: "first").enqueue(to: installation)
            try await eventually("what is not listed is declined", within: .seconds(60)) {
                try await ended(installation, "first", code: "417") == 20
            }
            try await eventually("it is counted", within: .seconds(10)) {
                try await installation.count("select coalesce(sum(count), 0) from usher.unlisted_code") == 20
            }
            #expect(workers.contains { $0.lines.contains { $0.contains("usher account errors set main --code 417") } })

            let rule = ["--code", "417", "--class", "retry_slow", "--message", "Busy.", "--reason", "support says so"]
            let tried = try await usher(installation, ["test", "main", "--last", "1000"] + rule.dropLast(2))
            #expect(tried.output.hasPrefix("20 of 20 recorded replies would have been taken otherwise"), "\(tried)")
            let set = try await usher(installation, ["set", "main"] + rule)
            #expect(set.code == 0 && set.output.contains("set-417 is set"), "\(set)")
            try await eventually("both workers go by it", within: .seconds(5), every: .milliseconds(50)) {
                workers.allSatisfy { changes(in: $0) == 1 }
            }
            try await Workload(jobs: 20, prefix: "second").enqueue(to: installation)
            try await eventually("each was refused once and waits", within: .seconds(60)) {
                try await installation.count(
                    """
                    select count(distinct a.job_id) from usher.attempt a join usher.job j using (job_id)
                    where j.order_id like 'second-%' and a.outcome = 'retry' and a.code = '417'
                    """
                ) == 20
            }
            #expect(try await ended(installation, "second", code: "417") == 0)

            let reverted = try await usher(installation, ["revert", "main", "set-417", "--reason", "corrected"])
            #expect(reverted.code == 0, "\(reverted)")
            try await eventually("both workers are back", within: .seconds(5), every: .milliseconds(50)) {
                workers.allSatisfy { changes(in: $0) == 2 }
            }
            try await eventually("those that waited are declined", within: .seconds(60)) {
                try await ended(installation, "second", code: "417") == 20
            }
            let audit = try await installation.query("select action, reason from usher.audit order by audit_id")
            #expect(audit == [["error_rule_set", "support says so"], ["error_rule_reverted", "corrected"]])
        }

        /// A rule that would break the promise not to repeat blindly, a word that is none, an account that is none.
        @Test("what cannot be set is refused with what to do instead", .timeLimit(.minutes(2)))
        func refused() async throws {
            try await withRefusals { installation in
                let rule = ["--message", "m", "--reason", "r"]
                let blind = try await usher(
                    installation,
                    ["set", "main", "--code", "333", "--class", "retry_slow"] + rule
                )
                #expect(blind.code == 1 && blind.error.contains("what rule 333 leaves unknown"), "\(blind)")
                let dry = try await usher(
                    installation,
                    ["set", "main", "--code", "333", "--class", "retry_slow", "--dry-run"] + rule
                )
                #expect(dry.code == 1 && dry.output.contains("Nothing was changed"), "\(dry)")
                let wrong = try await usher(
                    installation,
                    ["set", "mian", "--code", "417", "--class", "declined"] + rule
                )
                #expect(wrong.code == 64 && wrong.error.contains("did you mean main?"), "\(wrong)")
                let none = try await usher(installation, ["revert", "main", "set-417", "--reason", "r"])
                #expect(none.code == 1 && none.error.contains("none is set"), "\(none)")
                #expect(try await installation.count("select count(*) from usher.audit") == 0)
                let known = try await usher(
                    installation,
                    ["set", "main", "--code", "333", "--class", "retry_slow", "--i-know-it-was-not-done", "--json"]
                        + rule
                )
                #expect(known.code == 0 && known.output.contains("\"changed\":true"), "\(known)")
                #expect(try await installation.count("select count(*) from usher.audit") == 1)
                let list = try await usher(installation, ["list", "main", "--json"])
                #expect(list.code == 0 && list.output.contains("\"rule\":\"set-333\""), "\(list)")
            }
        }

        /// Verbs need no broker.
        private func withRefusals(_ scenario: (Installation) async throws -> Void) async throws {
            let kafka = try EmbeddedKafka()
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
            try await installation.use(scenario)
            withExtendedLifetime(kafka) {}
        }

        private func usher(_ installation: Installation, _ words: [String]) async throws -> Shell.Answer {
            try await Shell.run(
                [UsherProcess.binary, "account", "errors"] + words + ["-c", installation.settingsFile]
            )
        }

        private func changes(in worker: UsherProcess) -> Int {
            worker.lines.count { $0.contains("error table changed: in force now") }
        }

        private func ended(_ installation: Installation, _ prefix: String, code: String) async throws -> Int {
            try await installation.count(
                "select count(*) from usher.job where state = 11 and last_code = '\(code)' and order_id like '\(prefix)-%'"
            )
        }
    }
}
