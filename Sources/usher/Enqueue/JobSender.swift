import KafkaTransport
import Logs
import SessionCore
import Synchronization
import Terminal

/// Sends the good lines of a `JobFile` and keeps count of what Kafka has.
struct JobSender {
    /// Jobs handed over at a time, and the most that wait for their acknowledgement.
    private static let batchMax = 500
    private static let inFlightMax = 10_000
    /// How long acknowledgements are still waited for once sending was broken off.
    private static let lastChance: Duration = .seconds(3)
    private static let pollInterval: Duration = .milliseconds(10)

    let settings: KafkaSettings
    let topics: TopicChoice
    let stop: StopSwitch
    let log: Log
    /// How long nothing is acknowledged before sending is broken off.
    var patience: Duration = .seconds(30)

    /// Sends what `report.lines` says is to be sent, and completes the report. Throws `TransportError` where no
    /// producer can be made; an input that cannot be read any more is an ending like others.
    func send(_ file: JobFile, _ report: inout EnqueueReport) async throws {
        let window = SharedWindow()
        let producer = try RecordProducer(settings, log: log) { window.acknowledge($0, failure: $1) }
        var course = Course(window: window, from: report.lines.first, total: report.lines.toSend)
        let ending: Result<EnqueueReport.Ending, any Error>
        do {
            ending = .success(try await sendAll(file, producer, report.lines.first, &course))
        } catch VerbError.ended(let fault, .ioError) {
            report.inputFault = fault
            ending = .success(.inputUnreadable)
        } catch {
            ending = .failure(error)
        }
        // What is under way gets a chance, unless nobody answers anyhow.
        let reached = try? ending.get()
        let isAnswered = reached == .done || reached == .inputUnreadable
        let haveSomeFailed = !window.state.failures.isEmpty
        _ = await producer.finish(timeout: isAnswered ? patience : min(Self.lastChance, patience))
        let state = window.state
        course.progress.finish(done: state.acknowledged)
        let names = Set(report.shares.map(\.topic)).sorted()
        report.sent = state.sent
        report.sentOfCampaigns = course.sentOfCampaigns
        report.acknowledged = state.acknowledged
        report.ending = try ending.get()
        report.failures = await failures(state, haveSomeFailed: haveSomeFailed, topics: names)
        let isComplete = report.ending == .done && state.firstUnacknowledged == nil
        if report.ending == .done, !isComplete { report.ending = .brokerGone }
        // Read a second time, the input may be another: shorter, or with lines that nobody checked.
        let isWhole = state.sent == report.lines.toSend
        if report.ending == .done, !isWhole { report.ending = .inputChanged }
        // A stop that comes after the last acknowledgement leaves nothing to go on with either.
        let isNothingLeft = isWhole && state.firstUnacknowledged == nil
        report.resumeLine = isNothingLeft ? nil : state.firstUnacknowledged ?? course.nextLine
        if report.ending == .done, let line = await file.grownFrom() {
            report.ending = .inputGrown
            report.resumeLine = line
        }
    }

    /// Why records are not acknowledged, once the producer is closed.
    ///
    /// - Parameter haveSomeFailed: whether that is why sending was broken off.
    private func failures(
        _ state: SharedWindow.State,
        haveSomeFailed: Bool,
        topics names: [String]
    ) async -> [String: Int] {
        var failures = AckFailures.ofKafka(state.failures)
        let abandoned = state.sent - state.acknowledged - failures.values.reduce(0, +)
        guard abandoned > 0 else { return failures }
        let reason: String
        if stop.isTurned {
            reason = "stopped while they waited"
        } else if haveSomeFailed {
            reason = "given up when others failed"
        } else {
            let probe = ClusterProbe(settings, timeout: Self.lastChance, log: log)
            do throws(TransportError) {
                reason = AckFailures.late(after: patience, .success(try await probe.describe(topics: names)))
            } catch {
                reason = AckFailures.late(after: patience, .failure(error))
            }
        }
        failures[reason, default: 0] += abandoned
        return failures
    }

    private func sendAll(
        _ file: JobFile,
        _ producer: RecordProducer,
        _ first: Int,
        _ course: inout Course
    ) async throws -> EnqueueReport.Ending {
        while !stop.isTurned {
            let batch = try await file.next(Self.batchMax, from: first)
            course.nextLine = batch.first?.line ?? course.nextLine
            if stop.isTurned { break }
            if let ending = try await wait(&course, untilBelow: batch.isEmpty ? 1 : Self.inFlightMax) { return ending }
            if batch.isEmpty { return .done }
            let number = course.window.send(lines: batch.map(\.line))
            course.sentOfCampaigns += batch.count { $0.isOfCampaign }
            await producer.send(batch.map(record(of:)), numberedFrom: number)
            course.nextLine = (batch.last?.line ?? 0) + 1
        }
        return .interrupted
    }

    private func record(of job: JobFile.Outgoing) -> NewRecord {
        let topic = topics.topic(isOfCampaign: job.isOfCampaign)
        return NewRecord(topic: topic.name, key: Array(job.orderID.utf8), value: job.value)
    }

    /// Waits until fewer than `limit` jobs are unacknowledged. The ending where there is no point in waiting longer.
    private func wait(_ course: inout Course, untilBelow limit: Int) async throws -> EnqueueReport.Ending? {
        while true {
            let state = course.window.state
            course.note(state)
            if !state.failures.isEmpty { return .brokerGone }
            if state.inFlight < limit { return nil }
            if stop.isTurned { return .interrupted }
            if course.lastAcknowledgement.duration(to: .now) > patience { return .brokerGone }
            try await ContinuousClock().sleep(for: Self.pollInterval)
        }
    }
}

/// How far the sending is.
private struct Course {
    let window: SharedWindow
    var progress: ProgressLine
    /// The line from which on nothing was handed over yet.
    var nextLine: Int
    /// Jobs handed over that name a campaign.
    var sentOfCampaigns = 0
    var lastAcknowledgement = ContinuousClock.now
    private var acknowledged = 0

    init(window: SharedWindow, from first: Int, total: Int) {
        self.window = window
        nextLine = first
        progress = ProgressLine(unit: "jobs", total: total)
    }

    mutating func note(_ state: SharedWindow.State) {
        progress.update(done: state.acknowledged)
        // A pause without anything to wait for is not Kafka's.
        if state.acknowledged > acknowledged || state.inFlight == 0 { lastAcknowledgement = .now }
        acknowledged = state.acknowledged
    }
}

/// The window between the sender and the producer's thread.
private final class SharedWindow: Sendable {
    /// The window's counts, without its lines.
    struct State {
        var sent: Int
        var acknowledged: Int
        var inFlight: Int
        var failures: [String: Int]
        var firstUnacknowledged: Int?
    }

    private let window = Mutex(AckWindow())

    func send(lines: [Int]) -> Int64 {
        window.withLock { $0.send(lines: lines) }
    }

    func acknowledge(_ number: Int64, failure: String?) {
        window.withLock { $0.acknowledge(number, failure: failure) }
    }

    var state: State {
        window.withLock { window in
            State(
                sent: window.sent,
                acknowledged: window.acknowledged,
                inFlight: window.inFlight,
                failures: window.failures,
                firstUnacknowledged: window.firstUnacknowledged
            )
        }
    }
}
