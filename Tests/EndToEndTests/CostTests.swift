import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// What a job costs, as a table for the eye: nothing is asserted about time, only that the work was done.
    @Suite("Cost")
    struct CostTests {
        @Test(
            "CPU per job of worker, Postgres and broker",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(6))
        )
        func costPerJob() async throws {
            try await withRealKafka { kafka in
                let installation = try await Installation(on: KafkaCluster(kafka), partitions: 12, keepsEvents: false)
                try await installation.use(measure)
            }
        }

        private func measure(_ installation: Installation) async throws {
            let jobs = 20_000
            let workload = Workload(jobs: jobs, prefix: "cost")
            try await workload.enqueue(to: installation)
            let worker = try installation.startWorker("w1")
            try await eventually("the worker has begun", within: .seconds(60)) {
                try await installation.count("select count(*) from usher.job") > 0
            }
            let clock = ContinuousClock()
            let began = clock.now
            let before = try await sample(installation, worker)
            let doneBefore = try await done(installation)
            try await eventually("all are done", within: .seconds(180), every: .milliseconds(500)) {
                try await done(installation) == jobs
            }
            let took = clock.now - began
            let after = try await sample(installation, worker)
            let count = jobs - doneBefore
            let rate = Double(count) / (Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
            print("cost per job over \(count) jobs, \(Int(rate)) jobs/s, provider at 0 ms:")
            for (name, value) in after {
                print("  \(name): \((value - (before[name] ?? 0)) / count)")
            }
            print("  worker peak RSS MB: \(worker.usage.peak / 1_048_576)")
        }

        private func done(_ installation: Installation) async throws -> Int {
            try await installation.count(
                """
                select count(*) - (select coalesce(sum(cardinality(job_ids)), 0) from usher.outbox)
                from usher.job where state >= 10
                """
            )
        }

        /// CPU in microseconds since each process started, and bytes of WAL.
        private func sample(_ installation: Installation, _ worker: UsherProcess) async throws -> [String: Int] {
            let wal = try await installation.query("select wal_bytes::bigint, wal_records from pg_stat_wal")
            return [
                "worker CPU µs": worker.usage.cpu,
                "Postgres CPU µs (live backends)": cpu(of: "postgres", under: installation.postgres.folder),
                "broker CPU µs": cpu(of: "java", under: "kafka.Kafka"),
                "Postgres WAL bytes": Int(wal.first?.first ?? "") ?? 0,
            ]
        }

        /// The CPU of every process whose name and command line, or whose parent's, match.
        private func cpu(of name: String, under mark: String) -> Int {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
            func command(_ id: Int32) -> String {
                (try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)) ?? ""
            }
            let heads = Set(all.filter { command($0).contains(name) && command($0).contains(mark) })
            return all.filter { heads.contains($0) || heads.contains(parent(of: $0)) }
                .reduce(0) { $0 + cpuMicroseconds(of: $1) }
        }

        private func parent(of process: Int32) -> Int32 {
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let end = stat.lastIndex(of: ")")
            else { return 0 }
            let fields = stat[end...].split(separator: " ")
            return fields.count > 2 ? Int32(fields[2]) ?? 0 : 0
        }
    }
}
