import Foundation
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Ten thousand jobs wait while something is wrong that is no fault of theirs. None fails, none spends an attempt
    /// beyond the calls that found it out and the trials after that, and when it is mended they are all opened, by the
    /// same processes, without anybody's doing.
    @Suite("Faults of an account", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct AccountFaultTests {
        private static let jobs = 10_000
        /// What a worker has in flight before it knows better.
        private static let start = 16
        private static let workers = 2

        private static let settings =
            Installation.shortWindows + "breaker: {open_for: 1s, probe_interval: 1s, trial_interval: 1s}\n"

        /// One way to be wrong, and how it is mended.
        struct Fault: Sendable, CustomTestStringConvertible {
            var name: String
            /// What holds the account; nil: a worker's breaker does.
            var hold: HoldKind?
            var reason = ""
            /// Whether the answer leaves open what became of the job.
            var isUnknown = false
            var begin: @Sendable (Installation) throws -> Void
            var mend: @Sendable (Installation) throws -> Void

            var testDescription: String { name }
        }

        static let faults: [Fault] = [
            Fault(
                name: "a wrong secret",
                hold: .fault,
                reason: "secret",
                begin: { try $0.replacePrivate("usher-secret", "not the merchant's secret at all") },
                mend: { try $0.replacePrivate("usher-secret", Installation.secret) }
            ),
            Fault(
                name: "an address that is not whitelisted (406)",
                hold: .fault,
                reason: "whitelisted",
                begin: { try Shell.post(port: $0.simulatorPort, "/personality", body: "account=not-whitelisted") },
                mend: { try Shell.post(port: $0.simulatorPort, "/personality", body: "account=active") }
            ),
            Fault(
                name: "a clock 90 s off",
                hold: .fault,
                reason: "s behind the database's, more than clock_adjust_max",
                begin: { try Shell.post(port: $0.simulatorPort, "/clock?offset_ms=-90000") },
                mend: { try Shell.post(port: $0.simulatorPort, "/clock?offset_ms=0") }
            ),
            Fault(
                name: "maintenance",
                hold: .maintenance,
                reason: "maintenance",
                isUnknown: true,
                begin: { try Shell.post(port: $0.simulatorPort, "/faults", body: "333=100%") },
                mend: { try Shell.post(port: $0.simulatorPort, "/faults") }
            ),
            Fault(
                name: "too many requests (429 with Retry-After)",
                hold: .delay,
                reason: "asks to wait",
                isUnknown: true,
                begin: { try Shell.post(port: $0.simulatorPort, "/faults", body: "429=100%@3s") },
                mend: { try Shell.post(port: $0.simulatorPort, "/faults") }
            ),
            Fault(
                name: "an edge that answers HTML",
                isUnknown: true,
                begin: { try Shell.post(port: $0.simulatorPort, "/faults", body: "html=100%") },
                mend: { try Shell.post(port: $0.simulatorPort, "/faults") }
            ),
        ]

        @Test("no job pays for it, and all are opened when it is mended", .timeLimit(.minutes(4)), arguments: faults)
        func noJobPays(fault: Fault) async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 4,
                    settings: Self.settings,
                    keepsEvents: false
                )
                try await installation.use { try await watch(fault, in: $0) }
            }
        }

        private func watch(_ fault: Fault, in installation: Installation) async throws {
            try installation.replacePrivate("usher-secret", Installation.secret)
            try fault.begin(installation)
            let workload = Workload(jobs: Self.jobs)
            let workers = try (1...Self.workers).map { number in
                try installation.startWorker(
                    "w\(number)",
                    with: ["accounts.main.secret_file=\(installation.folder)/usher-secret"]
                )
            }
            try await workload.enqueue(to: installation)
            try await eventually("all jobs are stored", within: .seconds(60)) {
                try await installation.count("select count(*) from usher.job") == Self.jobs
            }
            try await waitUntilHeld(fault, workers, installation)
            let calls = try self.calls(installation)
            try await eventually("it is tried several times", within: .seconds(30)) {
                try self.calls(installation) >= calls + 4
            }
            try await checkThatNobodyPaid(fault, installation)
            try fault.mend(installation)
            let clock = ContinuousClock()
            let mended = clock.now
            try await eventually("all are opened", within: .seconds(120)) { try await installation.isDone(workload) }
            let took = clock.now - mended
            #expect(try await installation.count("select count(*) from usher.job where state = 10") == Self.jobs)
            #expect(try await installation.count("select max(attempts) from usher.job") <= (fault.isUnknown ? 4 : 1))
            #expect(
                try await installation.count("select count(*) from usher.account_hold where held_until > now()") == 0
            )
            #expect(workers.allSatisfy { !$0.hasEnded }, "nobody restarted anything")
            let truth = try await Reconciliation(installation, workload)
            try await truth.checkOutcomes()
            let sessions = try stats(installation)["sessions_opened"] as? Int
            #expect(sessions == Self.jobs, "each order has one session")
            print(
                "\(fault.name): \(Self.jobs) opened \(took) after it was mended, \(try self.calls(installation)) calls"
            )
        }

        private func waitUntilHeld(
            _ fault: Fault,
            _ workers: [UsherProcess],
            _ installation: Installation
        ) async throws {
            guard let kind = fault.hold else {
                try await eventually("the breakers are open", within: .seconds(20)) {
                    workers.allSatisfy { worker in worker.lines.contains { $0.contains("breaker open") } }
                }
                return
            }
            try await eventually("the account is held", within: .seconds(20)) {
                try await !installation.query("select 1 from usher.account_hold where kind = '\(kind)'").isEmpty
            }
            try await eventually("an operator sees why", within: .seconds(20)) {
                let status = try await Shell.run([
                    UsherProcess.binary, "account", "status", "main", "-c", installation.settingsFile,
                ])
                return status.code == 1 && status.output.contains("main  HELD")
                    && status.output.contains(fault.reason)
            }
        }

        /// The calls until it was found out are bounded, whatever waits behind them.
        private func checkThatNobodyPaid(_ fault: Fault, _ installation: Installation) async throws {
            let ended = try await installation.count("select count(*) from usher.job where state >= 10")
            #expect(ended == 0, "no job has failed")
            let made = try calls(installation)
            #expect(made < 200, "\(made) calls while \(Self.jobs) jobs wait")
            let spent = try await installation.count("select sum(attempts) from usher.job where state <> 1")
            if fault.isUnknown {
                #expect(spent <= made)
            } else {
                #expect(spent == 0, "\(spent) attempts were spent")
            }
        }

        private func stats(_ installation: Installation) throws -> [String: Any] {
            let data = Data(try Shell.get(port: installation.simulatorPort, "/stats").utf8)
            return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        }

        /// Requests for sessions and look-ups that reached the provider.
        private func calls(_ installation: Installation) throws -> Int {
            let requests = try stats(installation)["requests"] as? [String: Int] ?? [:]
            return requests["open", default: 0] + requests["lookup", default: 0]
        }
    }
}
