import Testing

@testable import PostgresStore
@testable import SessionCore
@testable import usher

@Suite("What usher doctor says of the work")
struct WorkJudgementTests {
    private static let now = SampleOrder.now
    private static let w1 = LivingWorker(name: "w1", version: "1.2.0")

    private static func status(_ change: (inout WorkStatus) -> Void = { _ in }) -> WorkStatus {
        var status = WorkStatus(
            workers: [w1],
            queues: [],
            firstLeaseEnd: nil,
            oldestUnpublished: nil,
            oldestUnpublishedEvent: nil,
            holds: [],
            reports: [],
            now: now
        )
        change(&status)
        return status
    }

    /// A lane of an account; its first job has been due for so many seconds.
    private static func queue(
        _ lane: Lane,
        due seconds: Int64? = nil,
        account: String = "main",
        parked: Int = 0
    ) -> QueueStatus {
        QueueStatus(
            lane: lane,
            account: account,
            dueSince: seconds.map { now.advanced(by: .seconds(-$0)) },
            firstOrderID: seconds == nil ? nil : "order-17",
            parked: parked,
            isParkedCut: false
        )
    }

    private static func hold(_ kind: HoldKind) -> AccountHold {
        AccountHold(
            account: "main",
            kind: kind,
            heldAt: now.advanced(by: .seconds(-240)),
            until: nil,
            trialAt: kind.hasTrials ? now : nil,
            code: kind == .byOperator ? "operator" : "401",
            reason: "wrong secret",
            actor: kind == .byOperator ? "ann@desk" : nil
        )
    }

    /// What a worker says of an account.
    private static func report(_ account: String = "main", breaker: String) -> WorkerReport {
        let report = AccountReport(
            account: account,
            inFlight: 0,
            concurrency: 16,
            concurrencyMax: 100,
            breaker: breaker,
            clockDifference: nil,
            clockAdjustment: .zero,
            lookUpRefusedAt: nil
        )
        return WorkerReport(worker: "w1", at: now, report: report)
    }

    private func waiting(
        _ status: WorkStatus,
        unserved: [UnservedAccount] = [],
        configured: Set<String> = ["main"]
    ) -> [Finding] {
        WorkJudgement.waiting(status, unserved: unserved, configured: configured)
    }

    // MARK: Workers

    @Test("Workers that run are named, the first of many")
    func named() {
        #expect(WorkJudgement.workers(Self.status()) == .ok("1 worker runs: w1 (1.2.0)"))
        let many = Self.status { $0.workers = (1...10).map { LivingWorker(name: "w\($0)", version: "1") } }
        let text = WorkJudgement.workers(many).text
        #expect(text.hasPrefix("10 workers run: w1 (1), w2 (1), "))
        #expect(text.hasSuffix(", w8 (1) and 2 more"))
    }

    static let left: [(String, @Sendable (inout WorkStatus) -> Void)] = [
        (
            "jobs have been due for 2h",
            {
                $0.queues = [
                    WorkJudgementTests.queue(.interactive, due: 5), WorkJudgementTests.queue(.campaign, due: 7_200),
                ]
            }
        ),
        ("jobs are still in the hands of workers that are gone", { $0.firstLeaseEnd = SampleOrder.now }),
        ("results have waited for 3s to be published", { $0.oldestUnpublished = .seconds(3) }),
    ]

    @Test("That none runs is a problem as soon as anything waits for one", arguments: left.indices)
    func nobody(index: Int) {
        let (words, change) = Self.left[index]
        let finding = WorkJudgement.workers(
            Self.status {
                $0.workers = []
                change(&$0)
            }
        )
        #expect(finding == .problem("no worker runs, and \(words): start `usher run`"))
        #expect(WorkJudgement.workers(Self.status(change)).status == .ok)
    }

    @Test("That none runs while nothing is due is advice")
    func idle() {
        let idle = Self.status {
            $0.workers = []
            $0.queues = [Self.queue(.interactive, parked: 1)]
        }
        #expect(WorkJudgement.workers(idle).status == .advice)
    }

    // MARK: Jobs

    @Test("Jobs whose account no worker has are a problem, for each account")
    func unserved() {
        #expect(waiting(Self.status()) == [.ok("no job is due")])
        let found = waiting(
            Self.status(),
            unserved: [
                UnservedAccount(name: "gone", waiting: 1), UnservedAccount(name: "main", waiting: 12),
                UnservedAccount(name: "renamed", waiting: 1_000, isCut: true),
            ]
        )
        #expect(found.map(\.status) == [.problem, .problem, .problem])
        #expect(found[0].text.hasPrefix("1 job waits for the account gone, which is not in these settings"))
        #expect(found[1].text.hasPrefix("12 jobs wait for the account main, and no worker that runs has it"))
        #expect(found[2].text.hasPrefix("1,000 or more jobs wait for the account renamed"))
        #expect(found[2].text.contains("put it back under `accounts` as it was"))
    }

    @Test("Where no worker runs, accounts of these settings are not listed one by one")
    func unservedWithoutWorkers() {
        let idle = Self.status { $0.workers = [] }
        let accounts = [UnservedAccount(name: "gone", waiting: 1), UnservedAccount(name: "main", waiting: 12)]
        let found = waiting(idle, unserved: accounts)
        #expect(found.map(\.status) == [.problem])
        #expect(found.first?.text.contains("the account gone") == true)
    }

    @Test("An agent's job that is late without a reason is a problem, and its order is named")
    func overdue() {
        let late = Self.status { $0.queues = [Self.queue(.interactive, due: 61)] }
        let found = waiting(late)
        #expect(found.map(\.status) == [.problem])
        #expect(
            found.first?.text
                == "an agent waits: the order order-17 of the account main has been due for 1m 1s: neither a hold nor "
                + "a breaker explains it; see what the workers log, and their calls in `usher account status main`"
        )
        #expect(waiting(Self.status { $0.queues = [Self.queue(.interactive, due: 60)] }).map(\.status) == [.ok])
    }

    @Test(
        "An agent who waits while breakers are open reads of how many workers",
        arguments: [
            (["open"], "1 of 1 worker is open, the Cashier does not answer; `usher account"),
            (["closed", "probing", "open"], "2 of 3 workers is open, which does not explain it of the others; see"),
            (["closed", "closed"], nil),
        ] as [([String], String?)]
    )
    func openBreakers(_ breakers: [String], _ words: String?) {
        let found = waiting(
            Self.status {
                $0.queues = [Self.queue(.interactive, due: 302)]
                $0.reports = breakers.map { Self.report(breaker: $0) } + [Self.report("other", breaker: "open")]
            }
        )
        #expect(found.map(\.status) == [.problem])
        let text = found.first?.text ?? ""
        let told = words.map { "for 5m 2s: the breaker of \($0)" }
        #expect(text.contains(told ?? "for 5m 2s: neither a hold nor a breaker explains it"), "\(text)")
    }

    @Test("Campaigns may wait, and what has waited longest is told by lane")
    func campaigns() {
        let busy = Self.status {
            $0.queues = [
                Self.queue(.interactive, due: 3), Self.queue(.campaign, due: 60),
                Self.queue(.campaign, due: 7_200, account: "other"),
            ]
        }
        #expect(waiting(busy) == [.ok("due jobs have waited at most: interactive 3s, campaign 2h")])
    }

    @Test(
        "A hold explains why jobs wait, and is advice with its cause",
        arguments: [
            (HoldKind.byOperator, "held by ann@desk, since "), (.fault, "held for a fault (401), since "),
            (.maintenance, "held for the Cashier's maintenance (401), since "),
            (.delay, "held because the Cashier said how long to wait (401), since "),
        ]
    )
    func held(_ kind: HoldKind, _ words: String) {
        let found = waiting(
            Self.status {
                $0.queues = [Self.queue(.interactive, due: 300)]
                $0.holds = [Self.hold(kind)]
            }
        )
        #expect(found.map(\.status) == [.ok, .advice])
        #expect(found.last?.text.contains(words) == true, "\(found)")
        #expect(found.last?.text.contains(" (4m ago): wrong secret; `usher account status main` tells") == true)
    }

    @Test("Orders that wait for an operator are advice, counted over an account's lanes")
    func parked() {
        let found = waiting(
            Self.status {
                $0.queues = [
                    Self.queue(.interactive, parked: 2), Self.queue(.campaign, parked: 1),
                    Self.queue(.campaign, account: "other", parked: 1),
                ]
            }
        )
        #expect(found.map(\.status) == [.ok, .advice, .advice])
        #expect(
            found[1].text == "3 orders wait for an operator, of the account main: "
                + "`usher list --parked --account main` finds them, `usher decide` ends each"
        )
        #expect(found[2].text.hasPrefix("1 order waits for an operator, of the account other: "))
    }

    @Test("A topic near its cap is a problem where agents' jobs may come by it")
    func backlog() {
        func status(_ waiting: Int, _ cap: Int = 1_000, mayHaveAgents: Bool = true) -> Finding.Status {
            WorkJudgement.backlog(of: "jobs", waiting: waiting, cap: cap, mayHaveAgents: mayHaveAgents).status
        }
        #expect(status(899) == .ok)
        #expect(status(900) == .problem)
        #expect(status(900, mayHaveAgents: false) == .advice)
        #expect(status(0, 1) == .ok)
        #expect(status(1, 1) == .problem)
    }

    // MARK: Results, events and partitions

    @Test(
        "Results that do not get through are a problem, with what that stops",
        arguments: [
            (nil, 30, .ok, "no result waits"), (30, 30, .ok, "has waited for 30s"),
            (31, 30, .problem, "; a worker that has published nothing since it came starts no job"),
            (61, 600, .problem, "for 1m 1s: see that"), (60, 600, .ok, "has waited for 1m"),
        ] as [(Int?, Int, Finding.Status, String)]
    )
    func results(_ age: Int?, _ unpublishedMax: Int, _ status: Finding.Status, _ words: String) {
        let finding = WorkJudgement.results(
            Self.status { $0.oldestUnpublished = age.map { .seconds($0) } },
            unpublishedMax: .seconds(unpublishedMax)
        )
        #expect(finding.status == status)
        #expect(finding.text.contains(words), "\(finding.text)")
    }

    @Test(
        "Events that do not get through are a problem from a minute on, whatever else goes well",
        arguments: [
            (nil, .ok, "no event waits"), (0, .ok, "the oldest event that waits to be published has waited for"),
            (60, .ok, "has waited for 1m"),
            (61, .problem, "for 1m 1s, and nobody else tells the CRM of it: see that `usher callbacks` runs"),
        ] as [(Int?, Finding.Status, String)]
    )
    func events(_ age: Int?, _ status: Finding.Status, _ words: String) {
        let work = Self.status { $0.oldestUnpublishedEvent = age.map { .seconds($0) } }
        let finding = WorkJudgement.events(work)
        #expect(finding.status == status)
        #expect(finding.text.contains(words), "\(finding.text)")
        #expect(WorkJudgement.results(work, unpublishedMax: .seconds(30)).status == .ok)
    }

    private func standing(_ partition: Int32, position: Int64, end: Int64 = 25) -> PartitionStanding {
        PartitionStanding(
            partition: TopicPartition(topic: "jobs", partition: partition),
            position: position,
            committed: nil,
            first: 10,
            end: end
        )
    }

    @Test("Each partition that is not read on is a problem, with the command that mends it")
    func stopped() {
        let standings = [standing(0, position: 24), standing(1, position: 7), standing(2, position: 26)]
        let found = WorkJudgement.partitions(standings, hasWorkers: true)
        #expect(found.map(\.status) == [.problem, .problem])
        #expect(found[0].text.hasPrefix("jobs[1] stopped: 3 records deleted before they were taken in; no worker"))
        #expect(found[0].text.contains("`usher position set jobs 1 first --reason 'why'`"))
        #expect(found[1].text.hasPrefix("jobs[2] stopped: the position is behind the end"))
    }

    @Test("A partition of which Kafka does not tell is a problem, beside those that are stopped")
    func untold() {
        let place = TopicPartition(topic: "jobs", partition: 3)
        let untold = UntoldPartition(partition: place, position: nil, committed: nil, cause: .noLeader)
        let found = WorkJudgement.partitions(
            [standing(0, position: 24), standing(1, position: 7)],
            untold: [untold],
            hasWorkers: true
        )
        #expect(found.map(\.status) == [.problem, .problem])
        #expect(found[0].text == "jobs[3] is unknown: it has no leader; bring its brokers back")
        #expect(found[1].text.hasPrefix("jobs[1] stopped"))
    }

    @Test("Records that wait on Kafka are a problem where no worker runs")
    func untaken() {
        let some = [standing(0, position: 24), standing(1, position: 25)]
        let many = [standing(1, position: 25, end: 12_025)]
        #expect(
            WorkJudgement.partitions(some, hasWorkers: true)
                == [.ok("none of 2 partitions is stopped; 1 record waits on Kafka")]
        )
        #expect(
            WorkJudgement.partitions(some, hasWorkers: false)
                == [.problem("1 record waits on Kafka, and no worker runs to take them in: start `usher run`")]
        )
        #expect(
            WorkJudgement.partitions([standing(0, position: 25)] + many, hasWorkers: true)
                == [.ok("none of 2 partitions is stopped; 12,000 records wait on Kafka")]
        )
        let none = [standing(0, position: 25)]
        #expect(
            WorkJudgement.partitions(none, hasWorkers: false)
                == [.ok("none of 1 partition is stopped; nothing waits on Kafka")]
        )
    }
}
