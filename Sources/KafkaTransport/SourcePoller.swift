import BlockingThreads
import CLibrdkafka
import Logs
import SessionCore

/// The thread that owns the consumer: it polls, and does between polls what it was asked or told.
final class SourcePoller {
    private static let pollWaitMs: Int32 = 100
    private static let roundRecordsMax = 500
    private static let routeInterval: Duration = .seconds(1)
    private static let commitRetry: Duration = .milliseconds(500)
    private static let commitPatience: Duration = .seconds(30)

    let client: ClientHandle
    let exchange: IntakeExchange
    let log: Log
    let lookUp: PositionLookUp
    let events: SourceEvents
    var watch: ClusterWatch
    var reading = PartitionReading()
    let queues: TopicQueues
    /// The queue of the group's doings.
    let groupQueue: OpaquePointer?
    private var rounds = 0
    private var routedAt = ContinuousClock.now

    /// The assignment that waits for its positions.
    var assigning: Assigning?
    /// Partitions whose records at Kafka's position are gone: the store's alone counts, until the group assigns anew.
    var passedOver: Set<TopicPartition> = []
    /// Partitions that want the assignment taken up anew.
    var takeUps = TakeUps()
    var requests: Int64 = 0
    /// Partitions that wait for their stored position after a rewind, with the number of the request.
    var rewinding: [TopicPartition: Int64] = [:]
    /// Those of them of which the store had a position: without one now, they are read from their beginning.
    var forgotten: Set<TopicPartition> = []
    private var pace = ReadingPace()
    private var commitsSince: ContinuousClock.Instant?
    var commitsNotBefore = ContinuousClock.now
    /// How often it is said which partitions are stopped, and which topics cannot be read.
    let stopsRepeatAfter: Duration
    /// When it was last said.
    var stopsToldAt = ContinuousClock.now
    /// Topics that could not be read when they last should have been.
    var unavailableTopics: Set<String> = []
    /// When it was last said which those are.
    var topicsToldAt = ContinuousClock.now
    /// Consumers before this one that have not left their group yet.
    let leaving: LeavingConsumers
    /// Why it cannot go on.
    private(set) var failure: TransportError?

    /// Makes the consumer and subscribes. Runs on the polling thread.
    init(
        _ settings: KafkaSettings,
        topics: [String],
        positions: @escaping StoredPositions,
        exchange: IntakeExchange,
        stopsRepeatAfter: Duration,
        hasJoined: Bool,
        leaving: LeavingConsumers,
        log: Log
    ) throws(TransportError) {
        self.stopsRepeatAfter = stopsRepeatAfter
        self.leaving = leaving
        events = SourceEvents(log: log)
        client = try ClientHandle.make(settings, role: .jobs, delegate: events)
        self.exchange = exchange
        self.log = log
        lookUp = PositionLookUp(positions: positions, exchange: exchange, log: log)
        watch = ClusterWatch(servers: settings.bootstrapServers, hasJoined: hasJoined, log: log)
        rd_kafka_poll_set_consumer(client.pointer)
        groupQueue = rd_kafka_queue_get_consumer(client.pointer)
        exchange.bell.listen(to: groupQueue)
        queues = TopicQueues(client.pointer, topics: topics, bell: exchange.bell)
        let wanted = topics.map { PartitionOffset(partition: TopicPartition(topic: $0, partition: -1), offset: 0) }
        let code = PartitionOffset.withList(wanted) { rd_kafka_subscribe(client.pointer, $0) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            endQueues()
            client.destroy()
            throw KafkaFault(code).transportError()
        }
    }

    /// Polls until partitions are not wanted, or it is told to close, or cannot go on; then leaves the group and ends
    /// the consumer. False if it could not go on.
    func run() -> Bool {
        while failure == nil, exchange.isWanted, let commands = exchange.turn() {
            for command in commands { obey(command) }
            takeUpWhatIsDue()
            continueAssigning()
            applyPauses()
            sendCommits()
            watch.probe(client, exchange)
            client.renewPassword()
            leaving.turn()
            if let refusal = watch.refusal(client, exchange) { fail(refusal.transportError()) }
            repeatStops()
            repeatUnavailable()
            pollRecords()
        }
        if let failure {
            log.error("reading jobs ended", [.reason: LogValue("\(failure)")])
            exchange.fail(failure)
        }
        close()
        return failure == nil
    }

    /// The source cannot go on.
    func fail(_ error: TransportError) {
        failure = failure ?? error
    }

    // MARK: Polling

    /// Takes what has come, up to a round's worth of each topic that has room, and hands it over at once. Then rests
    /// for a moment if it brought something, so that the next round brings more.
    private func pollRecords() {
        let began = ContinuousClock.now
        exchange.bell.clear()
        routeAgain()
        var records: [SourceRecord] = []
        pollGroup(&records)
        let hasRoom = exchange.topicsWithRoom
        rounds += 1
        var hasMore = false
        for topic in queues.inTurn(from: rounds) where hasRoom.contains(topic) {
            var left = Self.roundRecordsMax
            while left > 0, let message = queues.next(of: topic) {
                take(UnsafePointer(message), into: &records)
                rd_kafka_message_destroy(message)
                left -= 1
            }
            hasMore = hasMore || left == 0
        }
        if !records.isEmpty { exchange.deliver(records) }
        guard !hasMore, failure == nil else { return }
        if !records.isEmpty { blockThread(for: ReadingPace.rest(after: began, now: .now)) }
        exchange.bell.wait(milliseconds: Self.pollWaitMs)
    }

    /// Serves the group: assignments, errors, commits.
    private func pollGroup(_ records: inout [SourceRecord]) {
        while true {
            let message = rd_kafka_consumer_poll(client.pointer, 0)
            dealWithEvents(&records)
            guard let message else { return }
            take(UnsafePointer(message), into: &records)
            rd_kafka_message_destroy(message)
        }
    }

    /// A partition's way through its topic's queue ends with its assignment; should a new assignment's have been caught
    /// by that, its records wait no longer than this.
    private func routeAgain() {
        guard ContinuousClock.now - routedAt > Self.routeInterval else { return }
        routedAt = .now
        queues.route(reading.partitions)
    }

    func endQueues() {
        exchange.bell.ignore(groupQueue)
        if let groupQueue { rd_kafka_queue_destroy(groupQueue) }
        queues.destroy()
    }

    private func take(_ message: UnsafePointer<rd_kafka_message_t>, into records: inout [SourceRecord]) {
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            readFailed(message.pointee)
            return
        }
        guard let record = SourceRecord(reading: message) else { return }
        let place = TopicPartition(topic: record.position.topic, partition: record.position.partition)
        guard reading.took(place, offset: record.position.offset) else { return }
        watch.answered(exchange)
        if !unavailableTopics.isEmpty, unavailableTopics.contains(place.topic) { availableAgain(place.topic) }
        records.append(record)
    }

    func dealWithEvents(_ records: inout [SourceRecord]) {
        for event in events.take() {
            switch event {
            case .assigned(let partitions):
                records = []
                passedOver = []
                takeUps = TakeUps()
                beginAssigning(partitions)
            case .revoked:
                records = []
                revoke()
            case .commitEnded(let sent, let failed, let fault):
                commitEnded(sent, failed: failed, fault)
            case .failed(let fault):
                clientFailed(fault)
            }
        }
    }

    // MARK: Commits

    /// Sends the newest reported offsets; one request at a time. The last before partitions go do not wait for their
    /// pace.
    func sendCommits(areLast: Bool = false) {
        let now = ContinuousClock.now
        if let since = commitsSince, now - since > Self.commitPatience {
            commitsSince = nil
            exchange.commitsGaveUp()
        }
        guard now >= commitsNotBefore, areLast || pace.mayCommit(now: now), let offsets = exchange.takeCommits()
        else { return }
        pace.committed(now: now)
        let code = PartitionOffset.withList(offsets) { rd_kafka_commit(client.pointer, $0, 1) }
        commitsSince = now
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        commitEnded(offsets, failed: Set(offsets.map(\.partition)), KafkaFault(code))
    }

    private func commitEnded(_ sent: [PartitionOffset], failed: Set<TopicPartition>, _ fault: KafkaFault?) {
        commitsSince = nil
        exchange.commitsFinished(sent, failed: failed)
        guard let fault else {
            watch.answered(exchange)
            return
        }
        commitsNotBefore = .now + Self.commitRetry
        // Harmless by itself: the store is ahead, and reading starts from there.
        log.debug("commit not taken, will be repeated", [.code: LogValue(fault.name)])
    }
}
