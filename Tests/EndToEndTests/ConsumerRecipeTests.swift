import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// The recipe of `docs/CRM.md`, run with kcat as the producer and the consumer and psql as the CRM's database:
    /// results that come twice are used once, answers to records change no order, and an order's result changes no
    /// order of another account.
    @Suite("Consumer recipe")
    struct ConsumerRecipeTests {
        @Test("every result is used once, by its account's order, however often it is read", .timeLimit(.minutes(3)))
        func usedOnce() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 4)
            try await installation.use(scenario)
        }

        private func scenario(_ installation: Installation) async throws {
            // The second account's orders have ids of the first one's.
            let workload = Workload(jobs: 100, prefix: "crm", duplicates: 20, conflicts: 10)
                .and(Workload(jobs: 20, prefix: "crm", account: "other"))
            try installation.startWorker("w1", with: try await installation.startSecondAccount())
            try await workload.enqueue(to: installation)
            try await eventually("all is published", within: .seconds(60)) {
                try await installation.isDone(workload)
            }
            _ = try await installation.query(
                """
                create table seen (result_id uuid primary key);
                create table crm_order (account text, order_id text, payment_page text,
                  generation int not null default 0, updates int not null default 0, primary key (account, order_id));
                insert into crm_order (account, order_id)
                  select 'main', 'crm-' || n from generate_series(0, 99) n
                  union all select 'other', 'crm-' || n from generate_series(0, 19) n
                """
            )
            let truth = try await Reconciliation(installation, workload)
            let recipe = try Recipe()
            // Twice over the whole topic, as after a crash that lost the consumer's offsets.
            for _ in 0..<2 {
                for copy in truth.copies { _ = try await installation.query(recipe.statement(for: copy.result)) }
            }
            #expect(try await installation.count("select count(*) from crm_order where updates = 1") == 120)
            let distinct = Set(truth.copies.map(\.result.resultID)).count
            #expect(try await installation.count("select count(*) from seen") == distinct)
            #expect(truth.copies.count >= 130, "results of 120 orders and ten conflicts were to be read")
            let rows = try await installation.query("select account, order_id, payment_page from crm_order")
            let pages = Dictionary(rows.map { ($0.prefix(2).joined(separator: "/"), $0[2]) }) { first, _ in first }
            for result in truth.copies.map(\.result) where result.outcome == .opened {
                let page = pages["\(result.order.account)/\(result.order.orderID)"]
                #expect(page == result.session?.redirectURL, "\(result.order)")
            }
        }
    }
}

/// The statements of `docs/CRM.md`.
private struct Recipe {
    private let insert: String
    private let update: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/CRM.md"), encoding: .utf8)
        let block = page.components(separatedBy: "```sql\n").dropFirst().first?.components(separatedBy: "```").first
        let lines = (block ?? "").split(separator: "\n").map { $0.components(separatedBy: "--")[0] }
        let statements = lines.joined(separator: " ").split(separator: ";").map {
            $0.trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty }
        guard statements.count == 4, statements[0] == "BEGIN", statements[1].hasPrefix("INSERT INTO seen "),
            statements[2].hasPrefix("UPDATE crm_order SET "), statements[3] == "COMMIT"
        else { throw Failure("docs/CRM.md has another recipe: \(statements)") }
        (insert, update) = (statements[1], statements[2])
    }

    /// Both in one transaction and the second only after the first, as one statement that psql can be given.
    func statement(for result: SessionResult) -> String {
        let counted = update.replacingOccurrences(of: " SET ", with: " SET updates = updates + 1, ")
        var statement = "with fresh as (\(insert) returning 1) \(counted) and exists (select 1 from fresh)"
        let values = [
            "'\(result.resultID.text)'", (result.session?.redirectURL).map { "'\($0)'" } ?? "null",
            "\(result.generation)", "'\(result.order.account)'", "'\(result.order.orderID)'",
        ]
        for (index, value) in values.enumerated() {
            statement = statement.replacingOccurrences(of: "$\(index + 1)", with: value)
        }
        return statement
    }
}
