import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// The recipe of `docs/CRM.md`, run with kcat as the producer and the consumer and psql as the CRM's database:
    /// results that come twice are used once, and answers to records change no order.
    @Suite("Consumer recipe")
    struct ConsumerRecipeTests {
        @Test("every result is used once, however often it is read", .timeLimit(.minutes(3)))
        func usedOnce() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 4)
            try await installation.use(scenario)
        }

        private func scenario(_ installation: Installation) async throws {
            let workload = Workload(jobs: 100, prefix: "crm", duplicates: 20, conflicts: 10)
            try installation.startWorker("w1")
            try await workload.enqueue(to: installation)
            try await eventually("all is published", within: .seconds(60)) {
                try await installation.isDone(workload)
            }
            _ = try await installation.query(
                """
                create table seen (result_id uuid primary key);
                create table crm_order (order_id text primary key, payment_page text, generation int not null default 0,
                  updates int not null default 0);
                insert into crm_order (order_id) select 'crm-' || n from generate_series(0, 99) n
                """
            )
            let truth = try await Reconciliation(installation, workload)
            // Twice over the whole topic, as after a crash that lost the consumer's offsets.
            for _ in 0..<2 {
                for copy in truth.copies { try await use(copy, installation) }
            }
            #expect(try await installation.count("select count(*) from crm_order where updates = 1") == 100)
            #expect(try await installation.count("select count(*) from crm_order where payment_page is null") == 0)
            let distinct = Set(truth.copies.map(\.result.resultID)).count
            #expect(try await installation.count("select count(*) from seen") == distinct)
            #expect(truth.copies.count >= 110, "a hundred results and ten conflicts were to be read")
        }

        /// The three statements of the recipe in one transaction, as one statement that psql can be given.
        private func use(_ copy: Reconciliation.Copy, _ installation: Installation) async throws {
            let result = copy.result
            let page = (result.session?.redirectURL).map { "'\($0)'" } ?? "null"
            _ = try await installation.query(
                """
                with fresh as (insert into seen values ('\(result.resultID.text)') on conflict do nothing returning 1)
                update crm_order set payment_page = \(page), generation = \(result.generation), updates = updates + 1
                where order_id = '\(copy.key)' and generation <= \(result.generation) and \(result.generation) > 0
                  and exists (select 1 from fresh)
                """
            )
        }
    }
}
