import Foundation
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Two accounts of one worker: what holds or bounds one is nothing to the other.
    @Suite("A second account", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct SecondAccountTests {
        private static let settings =
            Installation.shortWindows + "breaker: {open_for: 1s, probe_interval: 1s, trial_interval: 1s}\n"

        @Test("while one account is held its jobs wait, and the other's are opened", .timeLimit(.minutes(3)))
        func heldAlone() async throws {
            try await withTwoAccounts { installation, settings in
                try Shell.post(port: installation.simulatorPort, "/personality", body: "account=not-whitelisted")
                let worker = try installation.startWorker("w1", with: settings)
                let held = Workload(jobs: 1_000, prefix: "held")
                try await held.enqueue(to: installation)
                try await eventually("the first is held", within: .seconds(30)) {
                    try await installation.query("select account from usher.account_hold") == [["main"]]
                }
                let well = Workload(jobs: 1_000, prefix: "well", account: "other")
                try await well.enqueue(to: installation)
                try await eventually("the second's are all opened", within: .seconds(30)) {
                    try await self.jobs(installation, "account = 'other' and state = 10 and attempts = 1") == 1_000
                }
                #expect(try await jobs(installation, "account = 'main' and state >= 10") == 0)
                #expect(try await installation.query("select account from usher.account_hold") == [["main"]])
                let status = try await Shell.run(
                    [UsherProcess.binary, "account", "status", "-c", installation.settingsFile]
                        + settings.flatMap { ["--set", $0] }
                )
                #expect(status.output.contains("main   HELD"), "\(status.output)")
                #expect(!status.output.contains("other  HELD"), "\(status.output)")
                try Shell.post(port: installation.simulatorPort, "/personality", body: "account=active")
                try await eventually("the first's are opened as well", within: .seconds(60)) {
                    try await self.jobs(installation, "account = 'main' and state = 10 and attempts = 1") == 1_000
                }
                #expect(!worker.hasEnded)
            }
        }

        @Test("rate_max bounds the calls of its account in any second, and no other's", .timeLimit(.minutes(3)))
        func bounded() async throws {
            let rate = 50
            try await withTwoAccounts { installation, settings in
                _ = try installation.startWorker("w1", with: settings + ["accounts.other.rate_max=\(rate)"])
                try await Workload(jobs: 300, prefix: "slow", account: "other").enqueue(to: installation)
                try await Workload(jobs: 1_000, prefix: "free").enqueue(to: installation)
                try await eventually("the other account is done at once", within: .seconds(30)) {
                    try await self.jobs(installation, "account = 'main' and state = 10") == 1_000
                }
                #expect(try await jobs(installation, "account = 'other' and state < 10") > 0)
                try await eventually("all are opened", within: .seconds(60)) {
                    try await self.jobs(installation, "state = 10 and attempts = 1") == 1_300
                }
                let most = try await installation.count(
                    """
                    select max(n) from (
                      select count(*) over (
                        order by first_send range between current row and interval '999 ms' following
                      ) as n
                      from usher.job where account = 'other'
                    ) w
                    """
                )
                // A fifth of a second's calls may have gathered before.
                #expect(most <= rate + rate / 5 + 2, "\(most) calls in a second")
                #expect(most >= rate / 2, "\(most) calls in a second")
            }
        }

        @Test("overload takes calls in flight back to few, and good answers bring them back", .timeLimit(.minutes(3)))
        func adaptive() async throws {
            try await withTwoAccounts { installation, settings in
                try Shell.post(port: installation.simulatorPort, "/faults", body: "429=60%,latency=20ms")
                let worker = try installation.startWorker(
                    "w1",
                    with: settings + [
                        "accounts.main.concurrency_start=32", "accounts.main.concurrency_min=2",
                        "breaker.failures=1000", "retry.attempts_max=100",
                    ]
                )
                try await Workload(jobs: 2_000).enqueue(to: installation)
                try await eventually("few calls are left in flight", within: .seconds(60)) {
                    try await self.concurrency(installation) <= 4
                }
                try Shell.post(port: installation.simulatorPort, "/faults", body: "latency=20ms")
                try await eventually("all are opened", within: .seconds(90)) {
                    try await self.jobs(installation, "state = 10") == 2_000
                }
                try await eventually("they came back", within: .seconds(10)) {
                    try await self.concurrency(installation) > 4
                }
                #expect(!worker.hasEnded)
            }
        }

        private func jobs(_ installation: Installation, _ condition: String) async throws -> Int {
            try await installation.count("select count(*) from usher.job where \(condition)")
        }

        /// Calls that the worker lets the first account have in flight, by its report; many before there is one.
        private func concurrency(_ installation: Installation) async throws -> Int {
            try await installation.count(
                "select coalesce(max(concurrency), 1000) from usher.account_report where account = 'main'"
            )
        }

        /// An installation with a second simulated Cashier, and the settings that make it the account `other`.
        private func withTwoAccounts(_ scenario: (Installation, [String]) async throws -> Void) async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 4,
                    settings: Self.settings
                )
                try await installation.use { installation in
                    try await scenario(installation, try await installation.startSecondAccount())
                }
            }
        }
    }
}
