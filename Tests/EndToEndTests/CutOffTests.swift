import Glibc
import Testing
import UsherTestKit

extension EndToEnd {
    /// One of two workers loses its way to Kafka, or to Postgres, and the other does not: a wire stands between that
    /// one and the server. It makes room for the other, which does all the work meanwhile, and is of use again
    /// afterwards: then it is left alone with what comes.
    @Suite("Cut off", .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"))
    struct CutOffTests {
        /// Results that wait are found out soon, and jobs last long enough for one that is cut off to have some.
        private static let settings = ["publishing.unpublished_max=5s", "dispatch.in_flight_max=20"]

        @Test(
            "from Kafka, which falls silent: the other publishes its results, and it makes no links until it is heard",
            .timeLimit(.minutes(4))
        )
        func fromKafka() async throws {
            var options = RealKafka.Options()
            options.hasWire = true
            try await withInstallation(options) { installation, kafka in
                let wire = try #require(kafka.wire)
                let way = "kafka.bootstrap_servers=127.0.0.1:\(wire.port)"
                let (cutOff, other) = try await startWorkers(installation, with: [way])
                let before = Workload(jobs: 2_000, conflicts: 1, unreadable: 1)
                try await before.enqueue(to: installation)
                try await eventually("a tenth is done", within: .seconds(60), every: .milliseconds(20)) {
                    try await installation.count("select count(*) from usher.job where state >= 10") > 200
                }
                wire.fallSilent()
                try await eventually("it leaves its results to the other", within: .seconds(30)) {
                    cutOff.hasLogged("no jobs are claimed") && cutOff.hasLogged("its results are left to other workers")
                }
                let during = Workload(jobs: 400, prefix: "during")
                try await during.enqueue(to: installation)
                try await eventually("the other has all partitions", within: .seconds(30)) { other.partitions == 6 }
                let done = before.and(during)
                try await eventually("the other does everything and publishes it", within: .seconds(60)) {
                    try await installation.isDone(done)
                }
                #expect(!cutOff.hasEnded && !cutOff.hasLogged("results are published again"))
                try wire.mend()
                try await eventually("it is heard, and says that it works again", within: .seconds(60)) {
                    cutOff.hasLogged("results are published again: jobs are claimed")
                }
                let truth = try await finish(installation, done, alone: cutOff, without: other)
                #expect(truth.repeats > 0, "what its producer had was delivered after all")
                let copies = truth.copies.count { $0.key.hasPrefix("during-") }
                #expect(copies == during.orders.count, "it had results of jobs that came while it stood aside")
            }
        }

        @Test(
            "from Postgres: the other gets its partitions, and it takes some again when a database answers",
            .timeLimit(.minutes(4))
        )
        func fromPostgres() async throws {
            try await withInstallation { installation, _ in
                let wire = try Wire(to: .path("\(installation.postgres.folder)/.s.PGSQL.5432"))
                defer { wire.close() }
                let way = ["postgres.host=127.0.0.1", "postgres.port=\(wire.port)", "kafka.leave_after=5s"]
                let (cutOff, other) = try await startWorkers(installation, with: way)
                let before = Workload(jobs: 300)
                try await before.enqueue(to: installation)
                try await eventually("they work", within: .seconds(60)) { try await installation.isDone(before) }
                // Nothing is in flight: what it could not store would be opened a second time, by design.
                wire.cut()
                try await eventually("it waits for the database", within: .seconds(30)) {
                    cutOff.hasLogged("waiting for the database")
                }
                let during = Workload(jobs: 600, prefix: "during", conflicts: 1, unreadable: 1)
                try await during.enqueue(to: installation)
                try await eventually("it leaves the group", within: .seconds(30)) {
                    cutOff.hasLogged("the partitions go to other workers until one does")
                }
                try await eventually("the other has all partitions", within: .seconds(30)) { other.partitions == 6 }
                let done = before.and(during)
                try await eventually("the other does everything and publishes it", within: .seconds(60)) {
                    try await installation.isDone(done)
                }
                #expect(!cutOff.hasEnded && !cutOff.hasLogged("the database is back"))
                try wire.mend()
                try await eventually("it has a database, and joins the group again", within: .seconds(30)) {
                    cutOff.hasLogged("the database is back") && cutOff.hasLogged("taking partitions")
                }
                let truth = try await finish(installation, done, alone: cutOff, without: other)
                #expect(truth.repeats == 0, "what it had taken before was stored, and so published, again")
            }
        }

        private func withInstallation(
            _ options: RealKafka.Options = RealKafka.Options(),
            _ body: (Installation, RealKafka) async throws -> Void
        ) async throws {
            try await withRealKafka(options) { kafka in
                let installation = try await Installation(
                    on: KafkaCluster(kafka),
                    partitions: 6,
                    faults: "latency=50ms"
                )
                try await installation.use { installation in try await body(installation, kafka) }
            }
        }

        /// The first of the two goes a way of its own.
        private func startWorkers(
            _ installation: Installation,
            with way: [String]
        ) async throws -> (UsherProcess, UsherProcess) {
            let first = try installation.startWorker("w1", with: Self.settings + way)
            let second = try installation.startWorker("w2", with: Self.settings)
            try await eventually("each has half of the partitions", within: .seconds(60)) {
                first.partitions == 3 && second.partitions == 3
            }
            return (first, second)
        }

        /// Whoever was cut off does what comes now, alone. Then everything is as it must be.
        private func finish(
            _ installation: Installation,
            _ done: Workload,
            alone worker: UsherProcess,
            without other: UsherProcess
        ) async throws -> Reconciliation {
            other.signal(SIGTERM)
            #expect(try await other.exitCode(within: .seconds(30)) == 0)
            let after = Workload(jobs: 300, prefix: "after")
            try await after.enqueue(to: installation)
            let all = done.and(after)
            try await eventually("it does alone what comes", within: .seconds(60)) {
                try await installation.isDone(all)
            }
            #expect(!worker.hasEnded)
            let truth = try await Reconciliation(installation, all)
            try await truth.checkAccounting()
            try await truth.checkOutcomes()
            try truth.checkAgainstProvider()
            try truth.checkOpenedOnce()
            print("after it was cut off: \(truth.outcomes), \(truth.copies.count) records, \(truth.repeats) repeats")
            return truth
        }
    }
}

extension UsherProcess {
    /// How many partitions it said last that it was given.
    fileprivate var partitions: Int {
        guard let line = lines.last(where: { $0.contains("partitions assigned") }),
            let number = line.split(separator: "=").last.flatMap({ Int($0) })
        else { return 0 }
        return number
    }
}
