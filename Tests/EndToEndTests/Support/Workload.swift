import Foundation
import SessionCore

/// Records to be enqueued, and what must be true of them afterwards.
struct Workload {
    /// As kcat wants them: key, tab, value.
    private(set) var lines: [String] = []
    /// Orders that must end in one result.
    private(set) var orders: Set<String> = []
    private(set) var duplicates = 0
    private(set) var conflicts = 0
    /// Records that cannot be read as jobs.
    private(set) var unreadable = 0

    /// `jobs` orders with duplicates, conflicts and unparsable records among them, in percent of the orders.
    /// - Parameter account: nil for the default one.
    init(
        jobs: Int,
        prefix: String = "e2e",
        account: String? = nil,
        duplicates: Int = 0,
        conflicts: Int = 0,
        unreadable: Int = 0
    ) {
        for number in 0..<jobs {
            let order = "\(prefix)-\(number)"
            orders.insert(order)
            lines.append(Self.line(order, amount: 1_000 + number % 1_000, account: account))
            if number % 100 < duplicates {
                lines.append(Self.line(order, amount: 1_000 + number % 1_000, account: account))
                self.duplicates += 1
            }
            if (10..<10 + conflicts).contains(number % 100) {
                lines.append(Self.line(order, amount: 5_000, account: account))
                self.conflicts += 1
            }
            if (20..<20 + unreadable).contains(number % 100) {
                lines.append("\(prefix)-bad-\(number)\t{\"order_id\": \"\(prefix)-bad-\(number)\", \"amount\": ")
                self.unreadable += 1
            }
        }
    }

    /// These and others, for what must be true of both. Their orders have different ids, where they are looked at.
    func and(_ others: Workload) -> Workload {
        var both = self
        both.lines += others.lines
        both.orders.formUnion(others.orders)
        both.duplicates += others.duplicates
        both.conflicts += others.conflicts
        both.unreadable += others.unreadable
        return both
    }

    static func line(_ order: String, amount: Int, account: String? = nil, campaign: String? = nil) -> String {
        let account = account.map { "\"account\":\"\($0)\"," } ?? ""
        let campaign = campaign.map { "\"campaign\":\"\($0)\"," } ?? ""
        return """
            \(order)\t{\(account)\(campaign)"order_id":"\(order)","agent_name":"Zoë Müller","intent":"payment",\
            "currency":"EUR","amount":\(amount),"cid":"c-\(order)","locale":"en-GB","customer_data":{"country":"GB","first_name":"Jane","last_name":"Roe",\
            "email":"jane@example.test"},"notification_url":"https://crm.example.test/n",\
            "return_url":"https://crm.example.test/r?t={{transaction.tid}}","variable1":"canary-v1"}
            """
    }

    /// Puts the records on the jobs topic with kcat.
    func enqueue(to installation: Installation) async throws {
        let file = "\(installation.folder)/workload-\(UUID().uuidString).txt"
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        let answer = try await Shell.run([
            "kcat", "-P", "-b", installation.bootstrapServers, "-t", Installation.jobsTopic, "-K", "\t",
            "-X", "topic.partitioner=murmur2_random", "-l", file,
        ])
        guard answer.code == 0 else { throw Failure("kcat: \(answer.error)") }
    }
}
