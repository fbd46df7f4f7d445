import PostgresStore
import SessionCore
import Terminal

/// Whether the work goes on. Pure.
enum WorkJudgement {
    /// Agents' jobs, results and events that wait longer though nothing explains it are a problem.
    static let patience: Duration = .seconds(60)
    /// How many workers are named.
    private static let namesMax = 8

    // MARK: Workers

    static func workers(_ status: WorkStatus) -> Finding {
        let count = status.workers.count
        guard count == 0 else {
            let names = status.workers.prefix(namesMax).map { "\($0.name) (\($0.version))" }.joined(separator: ", ")
            let rest = count > namesMax ? " and \(count - namesMax) more" : ""
            return .ok("\(OrderWords.counted(count, "worker")) \(count == 1 ? "runs" : "run"): \(names)\(rest)")
        }
        let left = leftUndone(status)
        return left.isEmpty
            ? .advice("no worker runs, and nothing in the database waits for one; start `usher run`")
            : .problem("no worker runs, and \(left.joined(separator: ", ")): start `usher run`")
    }

    /// What waits for a worker, whichever.
    private static func leftUndone(_ status: WorkStatus) -> [String] {
        var left: [String] = []
        if let since = status.queues.compactMap(\.dueSince).min() {
            left.append("jobs have been due for \(since.duration(to: status.now).inWords)")
        }
        if status.firstLeaseEnd != nil { left.append("jobs are still in the hands of workers that are gone") }
        if let age = status.oldestUnpublished { left.append("results have waited for \(age.inWords) to be published") }
        return left
    }

    // MARK: Jobs

    /// - Parameters:
    ///   - unserved: accounts of which jobs wait and that no worker that lives tells of.
    ///   - configured: the accounts of these settings.
    static func waiting(
        _ status: WorkStatus,
        unserved: [UnservedAccount],
        configured: Set<String>
    ) -> [Finding] {
        // Where no worker lives at all that is another check's to say.
        let left = unserved.filter { !status.workers.isEmpty || !configured.contains($0.name) }
        let findings: [Finding] =
            left.map { withoutWorker($0, isConfigured: configured.contains($0.name)) }
            + overdue(status, besides: Set(left.map(\.name))) + held(status) + parked(status)
        return findings.contains { $0.status == .problem } ? findings : [.ok(ages(status))] + findings
    }

    private static func withoutWorker(_ account: UnservedAccount, isConfigured: Bool) -> Finding {
        let count = grouped(account.waiting) + (account.isCut ? " or more" : "")
        let jobs = account.waiting == 1 ? "1 job waits" : "\(count) jobs wait"
        guard isConfigured else {
            return .problem(
                "\(jobs) for the account \(account.name), which is not in these settings, and no worker that runs has "
                    + "it: none of them is sent and no result is published; put it back under `accounts` as it was, "
                    + "or start a worker that has it"
            )
        }
        return .problem(
            "\(jobs) for the account \(account.name), and no worker that runs has it: none of them is sent; workers "
                + "read their settings when they start: start one with these"
        )
    }

    /// Agents' jobs that are late without a reason, the first of each account.
    private static func overdue(_ status: WorkStatus, besides told: Set<String>) -> [Finding] {
        let explained = told.union(status.holds.map(\.account))
        return status.queues.compactMap { queue -> Finding? in
            guard queue.lane == .interactive, !explained.contains(queue.account), let since = queue.dueSince else {
                return nil
            }
            let age = since.duration(to: status.now)
            guard age > patience else { return nil }
            let job = queue.firstOrderID.map { "the order \($0)" } ?? "a job"
            let line = AccountStatusVerb.line(of: queue.account)
            let why =
                openBreakers(of: queue.account, status).map { "\($0); `\(line)` tells of each" }
                ?? "neither a hold nor a breaker explains it; see what the workers log, and their calls in `\(line)`"
            return .problem(
                "an agent waits: \(job) of the account \(queue.account) has been due for \(age.inWords): \(why)"
            )
        }
    }

    /// Workers whose breaker lets no calls to the provider, or one that finds out; nil where there is none.
    private static func openBreakers(of account: String, _ status: WorkStatus) -> String? {
        let reports = status.reports.map(\.report).filter { $0.account == account }
        let open = reports.count { $0.breaker != "closed" }
        guard open > 0 else { return nil }
        let workers = OrderWords.counted(reports.count, "worker")
        let breakers = "the breaker of \(open) of \(workers) is open"
        if open == reports.count { return "\(breakers), the Cashier does not answer" }
        return "\(breakers), which does not explain it of the others; see what they log, too"
    }

    private static func held(_ status: WorkStatus) -> [Finding] {
        status.holds.map { hold in
            .advice(
                "the account \(hold.account) is held \(cause(hold)), since "
                    + "\(hold.heldAt.timeAndDistance(from: status.now)): \(hold.reason); "
                    + "`\(AccountStatusVerb.line(of: hold.account))` tells how it ends"
            )
        }
    }

    private static func cause(_ hold: AccountHold) -> String {
        let code = hold.code.map { " (\($0))" } ?? ""
        switch hold.kind {
        case .byOperator: return "by \(hold.actor ?? "an operator")"
        case .fault: return "for a fault\(code)"
        case .maintenance: return "for the Cashier's maintenance\(code)"
        case .delay: return "because the Cashier said how long to wait\(code)"
        }
    }

    private static func parked(_ status: WorkStatus) -> [Finding] {
        let queues = Dictionary(grouping: status.queues.filter { $0.parked > 0 }, by: \.account)
        return queues.sorted { $0.key < $1.key }.map { account, queues in
            let count = queues.reduce(0) { $0 + $1.parked }
            let orders = OrderWords.parked(count, isCut: queues.contains(where: \.isParkedCut))
            return .advice("\(orders), of the account \(account): \(OrderWords.howToDecide(account: account))")
        }
    }

    /// For how long the first job that is due has waited, by lane.
    private static func ages(_ status: WorkStatus) -> String {
        let ages = Lane.allCases.compactMap { lane -> String? in
            let since = status.queues.filter { $0.lane == lane }.compactMap(\.dueSince).min()
            return since.map { "\(lane.name) \($0.duration(to: status.now).inWords)" }
        }
        return ages.isEmpty ? "no job is due" : "due jobs have waited at most: \(ages.joined(separator: ", "))"
    }

    /// How full a topic's backlog is. At its cap workers read on no more until nine tenths of that are left.
    ///
    /// - Parameters:
    ///   - waiting: the topic's jobs that wait in the database.
    ///   - mayHaveAgents: whether agents' jobs may come by it.
    static func backlog(of topic: String, waiting: Int, cap: Int, mayHaveAgents: Bool) -> Finding {
        let text = "\(topic): \(grouped(waiting)) of at most \(grouped(cap)) jobs wait in the database (backlog_max)"
        guard waiting >= max(1, cap * 9 / 10) else { return .ok(text) }
        let full = "\(text); at that cap nothing more of the topic is taken in until a tenth is done"
        return mayHaveAgents
            ? .problem("\(full), agents' jobs neither: give campaigns a topic of their own, or find out what is slow")
            : .advice(full)
    }

    // MARK: Results

    /// - Parameter unpublishedMax: from which age on a worker starts no job unless it has published something since.
    static func results(_ status: WorkStatus, unpublishedMax: Duration) -> Finding {
        guard let age = status.oldestUnpublished else { return .ok("no result waits to be published") }
        let text = "the oldest result that waits to be published has waited for \(age.inWords)"
        guard age > min(patience, unpublishedMax) else { return .ok(text) }
        let claims =
            age > unpublishedMax
            ? "; a worker that has published nothing since it came starts no job meanwhile (publishing.unpublished_max)"
            : ""
        return .problem(
            "\(text)\(claims): see that a worker runs, that Kafka takes records of the results topic, and what the "
                + "workers log"
        )
    }

    // MARK: Events

    /// What the Cashier told of payments.
    static func events(_ status: WorkStatus) -> Finding {
        guard let age = status.oldestUnpublishedEvent else { return .ok("no event waits to be published") }
        let text = "the oldest event that waits to be published has waited for \(age.inWords)"
        guard age > patience else { return .ok(text) }
        return .problem(
            "\(text), and nobody else tells the CRM of it: see that `usher callbacks` runs, that Kafka takes "
                + "records of the callbacks topic, and what it logs"
        )
    }

    // MARK: Partitions

    static func partitions(
        _ standings: [PartitionStanding],
        untold: [UntoldPartition] = [],
        hasWorkers: Bool
    ) -> [Finding] {
        let unknown = untold.map { untold in
            Finding.problem("\(untold.partition.topic)[\(untold.partition.partition)] is \(untold.words)")
        }
        let stopped = standings.filter { $0.fault != nil }.map { standing in
            let place = "\(standing.partition.topic)[\(standing.partition.partition)]"
            let repair = PositionSetVerb.line(of: standing.partition, offset: "first")
            return Finding.problem(
                "\(place) \(standing.words); no worker reads it on: `usher position list` shows it, and once you know "
                    + "why, `\(repair)` has it read on"
            )
        }
        let wrong = unknown + stopped
        let waiting = standings.reduce(0) { $0 + Int($1.waiting) }
        let records = "\(OrderWords.counted(waiting, "record")) \(waiting == 1 ? "waits" : "wait") on Kafka"
        if waiting > 0, !hasWorkers {
            return wrong + [.problem("\(records), and no worker runs to take them in: start `usher run`")]
        }
        guard wrong.isEmpty else { return wrong }
        let partitions = OrderWords.counted(standings.count, "partition")
        return [.ok("none of \(partitions) is stopped; \(waiting == 0 ? "nothing waits on Kafka" : records)")]
    }
}
