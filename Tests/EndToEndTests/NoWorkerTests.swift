import KafkaTransport
import Testing
import UsherTestKit

extension EndToEnd {
    /// A monitor hears that nobody works.
    @Suite("Without a worker")
    struct NoWorkerTests {
        @Test("doctor and account status end with 1 while a job is due, until a worker runs", .timeLimit(.minutes(2)))
        func untilOneRuns() async throws {
            // Nothing is taken in: the embedded broker does.
            let kafka = try EmbeddedKafka()
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
            try await installation.use(scenario)
            withExtendedLifetime(kafka) {}
        }

        private func scenario(_ installation: Installation) async throws {
            // A job that was taken in before its worker was killed. It has no body, so that the next one puts it off.
            _ = try await installation.query(
                """
                with job as (
                  insert into usher.job (
                    job_id, due_at, not_after, src_offset, src_partition, topic_id, lane, account, order_id,
                    content_digest
                  )
                  values (
                    1, now() - interval '2 minutes', now() + interval '1 hour', 0, 0, 1, 0, 'main', 'order-17',
                    sha256('job')
                  )
                  returning *
                )
                insert into usher.waiting (job_id, due_at, lane, topic_id, account)
                select job_id, due_at, lane, topic_id, account from job
                """
            )
            let doctor = try await usher(installation, ["doctor"])
            #expect(doctor.code == 1, "\(doctor)")
            #expect(doctor.output.contains("no worker runs, and jobs have been due for 2m"), "\(doctor)")
            #expect(doctor.output.contains("order-17 of the account main has been due for 2m"), "\(doctor)")
            let status = try await usher(installation, ["account", "status"])
            #expect(status.code == 1, "\(status)")
            #expect(status.output.contains("no worker that runs has it: none of its jobs is sent"), "\(status)")
            let show = try await usher(installation, ["show", "order-17"])
            #expect(show.code == 0 && show.output.contains("Next: No worker runs: "), "\(show)")

            let act = ["main", "--reason", "a drill"]
            _ = try await usher(installation, ["account", "hold"] + act)
            let release = try await usher(installation, ["account", "release"] + act)
            #expect(release.code == 0 && release.output.contains("No worker that runs has it: "), "\(release)")

            let worker = try installation.startWorker("w1")
            try await eventually("the account has a worker, and nothing is due", within: .seconds(30)) {
                let status = try await usher(installation, ["account", "status"])
                let due = try await installation.count("select count(*) from usher.waiting where due_at <= now()")
                return status.code == 0 && due == 0
            }
            let healthy = try await usher(installation, ["doctor"])
            #expect(healthy.code == 0, "\(healthy)")
            #expect(healthy.output.contains("1 worker runs: w1 ("), "\(healthy)")
            #expect(healthy.output.contains("waiting records  ok      no record waits"), "\(healthy)")
            #expect(!worker.hasEnded)
        }

        private func usher(_ installation: Installation, _ words: [String]) async throws -> Shell.Answer {
            try await Shell.run([UsherProcess.binary] + words + ["-c", installation.settingsFile])
        }
    }
}
