import Foundation
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// Answers are lost on the way back: a session may be open, and nobody knows its link. Whatever the provider does
    /// with a second call for an order, and whatever the account's policy: nothing is sent before it was looked up, and
    /// no order has two links.
    @Suite("Unknown outcomes", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct UnknownOutcomeTests {
        private static let jobs = 120

        /// What the account wants, what the provider does, and how the orders end whose first answer was lost.
        struct Case: Sendable, CustomTestStringConvertible {
            var policy: UnknownPolicy
            /// Of the simulator.
            var personality: String
            /// Settings of the worker beside the policy.
            var settings: [String] = []
            /// Of the job table; nil: it stays in doubt.
            var end: JobState?
            /// At least so long after the lost call is the next one made: validity, skew and a session's life, less a
            /// second.
            var waits: Duration = .zero

            var testDescription: String { "\(policy) with \(personality)" }
        }

        static let cases = [
            Case(policy: .repost, personality: "duplicates=fresh", end: .opened),
            Case(policy: .repost, personality: "duplicates=idempotent", end: .opened),
            // The second call is refused for the order's first session, whose link is lost: it cannot be opened again.
            Case(policy: .repost, personality: "duplicates=not-unique", end: .failed),
            Case(policy: .park, personality: "duplicates=fresh"),
            Case(
                policy: .wait,
                personality: "duplicates=fresh,session-lifetime=60s",
                settings: ["accounts.main.session_lifetime=60s"],
                end: .opened,
                waits: .seconds(63)
            ),
            Case(
                policy: .repost,
                personality: "duplicates=fresh,session-lifetime=60s,lookups=disabled",
                settings: ["accounts.main.session_lifetime=60s"],
                end: .opened,
                waits: .seconds(63)
            ),
        ]

        @Test("nobody gets two links, and nothing is sent blindly", .timeLimit(.minutes(4)), arguments: cases)
        func nothingBlind(scenario: Case) async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(on: KafkaCluster(kafka), partitions: 2)
                try await installation.use { try await watch(scenario, in: $0) }
            }
        }

        private func watch(_ scenario: Case, in installation: Installation) async throws {
            let port = installation.simulatorPort
            try Shell.post(port: port, "/personality", body: scenario.personality)
            try Shell.post(port: port, "/faults?seed=5", body: "close=100%,only=open")
            let workload = Workload(jobs: Self.jobs)
            let worker = try installation.startWorker(
                "w1",
                with: ["accounts.main.unknown_policy=\(scenario.policy)", "breaker.failures=1000"] + scenario.settings
            )
            try await workload.enqueue(to: installation)
            // An attempt is counted when its job is claimed; its answer was lost once that is written.
            try await eventually("every first answer was lost", within: .seconds(60)) {
                try await installation.count(
                    """
                    select count(distinct job_id) from usher.attempt
                    where kind = 'open' and number = 1 and outcome = 'unknown'
                    """
                ) == Self.jobs
            }
            try Shell.post(port: port, "/faults", body: "")
            guard let end = scenario.end else {
                try await checkThatItIsParked(installation)
                return try await decide(installation)
            }
            try await eventually("all have ended", within: .seconds(150)) { try await installation.isDone(workload) }
            #expect(!worker.hasEnded)
            let states = try await installation.query("select state, count(*) from usher.job group by state")
            print("\(scenario): \(states)")
            let ended = try await installation.count("select count(*) from usher.job where state = \(end.rawValue)")
            #expect(ended == Self.jobs, "\(states)")
            let truth = try await Reconciliation(installation, workload)
            try await truth.checkOutcomes()
            // Where look-ups are refused, waiting takes their place.
            if !scenario.personality.contains("lookups=disabled") { try truth.checkAgainstProvider() }
            let shortest = try await installation.count(
                """
                select coalesce(min(extract(epoch from (last_send - first_send)) * 1000)::int, 0) from usher.job
                where attempts > 1
                """
            )
            #expect(shortest >= scenario.waits.wholeMilliseconds, "sent again after \(shortest) ms")
        }

        /// An operator decides: nothing happens by itself.
        private func checkThatItIsParked(_ installation: Installation) async throws {
            try await eventually("all are parked", within: .seconds(60)) {
                try await installation.count(
                    "select count(*) from usher.job where state = 2 and due_at = 'infinity' and lease_until is null"
                ) == Self.jobs
            }
            #expect(try await installation.count("select max(attempts) from usher.job") == 1)
        }

        /// Until he does: one order is sent again, one given up; the others stay as they are.
        private func decide(_ installation: Installation) async throws {
            let shown = try await usher(["show", "e2e-0"], installation)
            #expect(shown.output.contains("usher decide e2e-0 send-again (or give-up) --account main"), "\(shown)")
            for (order, decision) in [("e2e-0", "give-up"), ("e2e-1", "send-again")] {
                let decided = try await usher(["decide", order, decision, "--reason", "looked it up"], installation)
                #expect(decided.code == 0, "\(decided)")
            }
            try await eventually("one has failed, one is opened, and both results are out", within: .seconds(30)) {
                try await installation.query(
                    """
                    select order_id, state from usher.job where state >= 10 and not exists (select from usher.outbox)
                    order by order_id
                    """
                ) == [["e2e-0", "12"], ["e2e-1", "10"]]
            }
            // The CRM's own variables are shown to nobody who does not say why.
            let reveal = ["--reveal", "--reason", "a test"]
            let results = try await usher(["results", "--order", "e2e-0", "--json"] + reveal, installation)
            #expect(
                results.output.contains(#""outcome":"failed""#) && results.output.contains("given_up"),
                "\(results)"
            )
            #expect(results.output.contains(#""variable1":"canary-v1""#), "\(results)")
            let again = try await usher(["decide", "e2e-0", "give-up", "--reason", "twice"], installation)
            #expect(again.code == 1 && again.error.contains("does not wait for an operator"), "\(again)")
            let audit = try await installation.query("select action, subject, after from usher.audit order by audit_id")
            let seen = "topic \(Installation.resultsTopic), all there is"
            #expect(
                audit == [
                    ["decide", "main/e2e-0", "give-up"], ["decide", "main/e2e-1", "send-again"],
                    ["results reveal", "e2e-0", seen],
                ]
            )
        }

        private func usher(_ arguments: [String], _ installation: Installation) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary] + arguments + ["-c", installation.settingsFile])
        }
    }
}
