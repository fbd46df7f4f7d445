import Cryptography
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

@testable import Worker

/// A worker on ports in memory, with the log's lines kept.
final class WorkerBench: Sendable {
    let store: MemoryStore
    let source = MemorySource()
    let sink = MemorySink()
    let cashier: ScriptedCashier
    private let lines = Lines()
    private let worker: Mutex<WorkerService<MemoryStore, MemorySource, MemorySink, ScriptedCashier>?> = Mutex(nil)
    private let running = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameters:
    ///   - campaigns: Topics beside `jobs` that only campaigns send to.
    ///   - accounts: `main`, which is the jobs' own, and others.
    ///   - stepMax: by how much the store's clock may run ahead before it counts as set; nil: at will.
    ///   - store: for workers that share one.
    ///   - number: of the worker, among those that share the store.
    ///   - isAway: Whether the store cannot be reached when the worker starts.
    init(
        shutdownGrace: Duration = .seconds(1),
        concurrencyStart: Int = 100,
        inFlightMax: Int = 50,
        outcomes: OutcomeRules = WorkerBench.rules,
        breaker: Breaker.Policy = WorkerBench.patientBreaker,
        campaigns: [String] = [],
        accounts: [String] = ["main"],
        pollInterval: Duration = .milliseconds(10),
        stepMax: Duration? = nil,
        unpublishedMax: Duration = .seconds(30),
        store: MemoryStore = MemoryStore(),
        number: Int = 0,
        leaveAfter: Duration = .seconds(60),
        wipeInterval: Duration = .seconds(30),
        isAway: Bool = false,
        answer: @escaping @Sendable (CashierCall) -> CashierAnswer
    ) {
        self.store = store
        cashier = ScriptedCashier(answer: answer)
        let identity = ResultIdentity(sha256: { Hashes.sha256($0) })
        var rules = AccountRules(merchantID: "M", applicationKey: "A")
        rules.isCustomerRequired = false
        var topics = [WorkerTopic(name: "jobs", lane: nil, backlogMax: 1_000_000)]
        topics += campaigns.map { WorkerTopic(name: $0, lane: .campaign, backlogMax: 1_000_000) }
        let decider = IntakeDecider(
            codec: JobCodec(
                rules: JobRules(
                    accounts: Dictionary(uniqueKeysWithValues: accounts.map { ($0, rules) }),
                    defaultAccount: "main"
                )
            ),
            answers: AnswerCodec(identity: identity),
            topics: topics,
            notAfterDefault: .seconds(3_600),
            contentDigest: { Hashes.sha256($0) },
            sha256: { Hashes.sha256($0) }
        )
        let account = Self.account(concurrencyStart, outcomes, breaker)
        var settings = Self.settings(topics, shutdownGrace, inFlightMax)
        settings.accounts = Dictionary(uniqueKeysWithValues: accounts.map { ($0, account) })
        settings.pollInterval = pollInterval
        settings.unpublishedMax = unpublishedMax
        let log = Log(level: .debug, format: .text) { [lines] in lines.add($0) }
        settings.leaveAfter = leaveAfter
        settings.wipeInterval = wipeInterval
        let service = WorkerService(
            store: store,
            source: source,
            sink: sink,
            cashier: cashier,
            decider: decider,
            identity: identity,
            settings: settings,
            clock: WorkerClock(wall: Timestamp(seconds: 1_000_000), stepMax: stepMax, log: log),
            log: log
        )
        if isAway { store.setAway(true) }
        worker.withLock { $0 = service }
        running.withLock { running in
            running = Task { try await MemoryStore.$worker.withValue(number) { try await service.run() } }
        }
    }

    static var rules: OutcomeRules {
        OutcomeRules(
            attemptsMax: 3,
            timeBudget: .seconds(3_600),
            fast: Backoff(base: .milliseconds(1), cap: .milliseconds(5)),
            slow: Backoff(base: .milliseconds(1), cap: .milliseconds(5)),
            limited: Backoff(base: .milliseconds(1), cap: .milliseconds(5)),
            lookUpSchedule: [.milliseconds(1)],
            requestValidity: .seconds(60),
            clockSkew: .seconds(10),
            sessionLifetime: .seconds(900),
            unknownPolicy: .repost,
            looksUp: true
        )
    }

    /// Opens in no test that is not about it.
    static var patientBreaker: Breaker.Policy {
        Breaker.Policy(failures: 1_000, window: .seconds(10), openFor: .seconds(1), probeInterval: .seconds(1))
    }

    private static func account(
        _ concurrencyStart: Int,
        _ rules: OutcomeRules,
        _ breaker: Breaker.Policy
    ) -> WorkerAccount {
        WorkerAccount(
            outcomes: OutcomePolicy(rules: rules),
            breaker: breaker,
            concurrency: ConcurrencyLimit.Policy(
                min: 1,
                max: max(100, concurrencyStart),
                start: concurrencyStart
            ),
            retryRatioMax: 1,
            trialInterval: .milliseconds(1)
        )
    }

    private static func settings(_ topics: [WorkerTopic], _ grace: Duration, _ inFlightMax: Int) -> WorkerSettings {
        WorkerSettings(
            accounts: [:],
            topics: topics,
            inFlightMax: inFlightMax,
            interactiveReserve: 5,
            laneWeights: [.interactive: 8, .campaign: 3, .replay: 1],
            lease: .seconds(60),
            notAfterDefault: .seconds(3_600),
            unpublishedMax: .seconds(30),
            shutdownGrace: grace,
            retention: Retention(
                request: .seconds(60),
                openedResult: .seconds(60),
                otherResult: .seconds(60),
                quarantine: .seconds(60)
            ),
            pollInterval: .milliseconds(10)
        )
    }

    /// Delivers records as one batch of a partition.
    ///
    /// - Parameter campaign: nil for jobs of agents.
    func deliver(
        _ orders: [String],
        from start: Int64 = 0,
        topic: String = "jobs",
        partition: Int32 = 0,
        campaign: String? = nil
    ) {
        let records = orders.enumerated().map { index, order in
            SourceRecord(
                position: RecordPosition(topic: topic, partition: partition, offset: start + Int64(index)),
                key: Array(order.utf8),
                value: Array(Self.value(order, campaign).utf8)
            )
        }
        source.deliver(
            RecordBatch(
                topic: topic,
                partition: partition,
                start: start,
                next: start + Int64(records.count),
                records: records,
                assignment: 1
            )
        )
    }

    private static func value(_ order: String, _ campaign: String?) -> String {
        let campaign = campaign.map { "\"campaign\":\"\($0)\"," } ?? ""
        return """
            {\(campaign)"order_id":"\(order)","agent_name":"A","intent":"payment","currency":"EUR","amount":100,"cid":"c",\
            "locale":"en-GB","notification_url":"https://crm.example.test/n","return_url":"https://crm.example.test/r"}
            """
    }

    static func opened(_ call: CashierCall) -> CashierAnswer {
        let session = OpenedSession(
            redirectURL: "https://pay.test/\(call.job.order.orderID)",
            answeredAt: call.markedAt
        )
        return CashierAnswer(outcome: .opened(session), code: "0", message: "")
    }

    var activity: ActivityCounts {
        worker.withLock { $0?.activity.snapshot } ?? ActivityCounts()
    }

    func hasLogged(_ text: String) -> Bool {
        logged(text) > 0
    }

    /// How many lines say it.
    func logged(_ text: String) -> Int {
        lines.all.count { $0.contains(text) }
    }

    func eventually(_ what: String, _ condition: () -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while clock.now < deadline {
            if condition() { return }
            try await clock.sleep(for: .milliseconds(2))
        }
        Issue.record("not within twenty seconds: \(what)")
    }

    /// Tells the worker to stop and waits until it has. Throws what ended it.
    func stop() async throws {
        worker.withLock { $0?.stop() }
        try await running.withLock { $0 }?.value
    }
}

/// What was logged.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    var all: [String] {
        lines.withLock { $0 }
    }
}
