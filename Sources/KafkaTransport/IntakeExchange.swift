import SessionCore
import Synchronization

/// What the polling thread and the tasks around it share.
final class IntakeExchange: Sendable {
    /// What the polling thread is asked to do.
    enum Command: Sendable {
        /// The stored positions for an assignment.
        case stored(request: Int64, [TopicPartition: StoredPosition])
        /// Look up where to go on with a suspended partition, of which the store had a position or had none.
        case rewind(TopicPartition, wasAccounted: Bool)
        /// The stored position for a rewind; nil where the store has none.
        case rewindTo(TopicPartition, request: Int64, StoredPosition?)
        /// Read a stopped partition on from its stored position.
        case takeUp(TopicPartition)
    }

    /// Who waits for records of a topic.
    private struct Taker {
        var topic: String
        var recordsMax: Int
        var continuation: CheckedContinuation<[RecordBatch]?, any Error>
    }

    /// A taker with what it gets, to be resumed outside the lock.
    private struct Serving {
        var taker: Taker
        var batches: [RecordBatch]

        func resume() {
            taker.continuation.resume(returning: batches)
        }
    }

    private enum Phase {
        /// Goes to `closing`.
        case open
        /// Goes to `closed`.
        case closing
        case closed
    }

    private struct State {
        var phase = Phase.open
        var failure: TransportError?
        var queues: IntakeQueues
        var ledger = CommitLedger()
        var commands: [Command] = []
        var takers: [Taker] = []
        var closers: [CheckedContinuation<Void, Never>] = []
        /// Whether partitions are to be read.
        var isWanted = true
        var health: SourceHealth
    }

    private let state: Mutex<State>
    /// Makes the polling thread look at what it was asked.
    let bell = Bell()

    init(limits: IntakeQueues.Limits) {
        let now = ContinuousClock.now
        let health = SourceHealth(lastPoll: now, lastProgress: now)
        state = Mutex(State(queues: IntakeQueues(limits: limits), health: health))
    }

    // MARK: For the tasks

    func nextBatches(of topic: String, recordsMax: Int) async throws -> [RecordBatch]? {
        try await withCheckedThrowingContinuation {
            take(Taker(topic: topic, recordsMax: recordsMax, continuation: $0))
        }
    }

    /// Serves the taker now or, when there is nothing for it, later.
    private func take(_ taker: Taker) {
        let (servings, failure, isOver, hasNewRoom) = state.withLock { state in
            if let failure = state.failure { return ([Serving](), failure as TransportError?, true, false) }
            guard state.phase == .open else { return ([], nil, true, false) }
            let room = state.queues.topicsWithRoom
            state.takers.append(taker)
            let servings = Self.serve(&state)
            return (servings, nil, false, room != state.queues.topicsWithRoom)
        }
        if isOver {
            taker.continuation.resume(with: failure.map { .failure($0) } ?? .success(nil))
        }
        for serving in servings { serving.resume() }
        if hasNewRoom { bell.wake() }
    }

    func commit(_ batch: RecordBatch) {
        let (isNews, servings) = state.withLock { state in
            guard state.queues.isCurrent(batch) else { return (false, [Serving]()) }
            state.health.lastProgress = .now
            state.ledger.report(batch.topicPartition, next: batch.next)
            state.queues.settle(batch)
            return (true, Self.serve(&state))
        }
        for serving in servings { serving.resume() }
        if isNews { bell.wake() }
    }

    func rewind(_ batch: RecordBatch) {
        let isDue = state.withLock { state in
            guard state.queues.isCurrent(batch) else { return false }
            Self.rewind(batch.topicPartition, &state)
            return true
        }
        if isDue { bell.wake() }
    }

    func rewind(_ place: TopicPartition) {
        state.withLock { Self.rewind(place, &$0) }
        bell.wake()
    }

    private static func rewind(_ place: TopicPartition, _ state: inout State) {
        let wasAccounted = state.queues.accounted[place] != nil
        state.queues.suspend(place)
        state.ledger.rewind(place)
        state.commands.append(.rewind(place, wasAccounted: wasAccounted))
    }

    var accounted: [TopicPartition: Int64] {
        state.withLock { $0.queues.accounted }
    }

    var stopped: [TopicPartition: Int64] {
        state.withLock { $0.health.stopped.mapValues(\.next) }
    }

    func pause(topic: String) {
        state.withLock { $0.queues.pause(topic: topic) }
        bell.wake()
    }

    func resume(topic: String) {
        let servings = state.withLock { state in
            state.queues.resume(topic: topic)
            return Self.serve(&state)
        }
        for serving in servings { serving.resume() }
        bell.wake()
    }

    func send(_ command: Command) {
        state.withLock { $0.commands.append(command) }
        bell.wake()
    }

    /// Whether the polling thread is to be a member of the group.
    func want(_ isWanted: Bool) {
        state.withLock { $0.isWanted = isWanted }
        bell.wake()
    }

    /// Asks the polling thread to end. Does not wait.
    func beginClose() {
        state.withLock { state in
            if state.phase == .open { state.phase = .closing }
        }
        bell.wake()
    }

    /// Waits until the polling thread has ended.
    func closed() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.phase != .closed else { return true }
                state.closers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    var health: SourceHealth {
        state.withLock { state in
            var health = state.health
            health.assigned = state.queues.partitions
            health.waitingByTopic = state.queues.countByTopic
            return health
        }
    }

    // MARK: For the polling thread

    /// Says that the thread lives, and takes what it was asked to do; nil once it is to end.
    func turn() -> [Command]? {
        state.withLock { state in
            state.health.lastPoll = .now
            guard state.phase == .open else { return nil }
            let commands = state.commands
            state.commands = []
            return commands
        }
    }

    var isWanted: Bool { state.withLock { $0.isWanted } }

    /// The topics whose records there is room for.
    var topicsWithRoom: Set<String> {
        state.withLock { $0.queues.topicsWithRoom }
    }

    var partitionsToPause: Set<TopicPartition> {
        state.withLock { $0.queues.partitionsToPause }
    }

    func assign(_ starts: [TopicPartition: Int64?], stored: [TopicPartition: Int64]) {
        state.withLock { state in
            state.queues.assign(starts, stored: stored)
            state.health.lastProgress = .now
            state.health.stopped = [:]
            for place in starts.keys { state.health.unavailableTopics[place.topic] = nil }
        }
    }

    /// Drops what waits, and what was still to be told to Kafka.
    func revoke() {
        state.withLock { state in
            state.queues.assign([:])
            state.ledger.revoke()
            state.health.stopped = [:]
        }
    }

    /// Everything before these positions is accounted for.
    func report(_ positions: [TopicPartition: Int64]) {
        state.withLock { state in
            for (place, next) in positions { state.ledger.report(place, next: next) }
        }
    }

    func restart(_ place: TopicPartition, at start: Int64?, stored: Int64?) {
        state.withLock { $0.queues.restart(place, at: start, stored: stored) }
    }

    func deliver(_ records: [SourceRecord]) {
        let servings = state.withLock { state in
            for record in records { state.queues.append(record) }
            return Self.serve(&state)
        }
        for serving in servings { serving.resume() }
    }

    func takeCommits() -> [PartitionOffset]? {
        state.withLock { $0.ledger.takeForSending() }
    }

    var hasCommits: Bool { state.withLock { !$0.ledger.isIdle } }

    func commitsFinished(_ sent: [PartitionOffset], failed: Set<TopicPartition>) {
        state.withLock { $0.ledger.finished(sent, failed: failed) }
    }

    func commitsGaveUp() {
        state.withLock { $0.ledger.gaveUp() }
    }

    func changeHealth(_ change: (inout SourceHealth) -> Void) {
        state.withLock { change(&$0.health) }
    }

    /// The source cannot go on: taking records throws from here on.
    func fail(_ failure: TransportError) {
        let takers = state.withLock { state in
            state.failure = state.failure ?? failure
            state.queues.assign([:])
            if state.phase == .open { state.phase = .closing }
            let takers = state.takers
            state.takers = []
            return takers
        }
        for taker in takers { taker.continuation.resume(throwing: failure) }
    }

    /// The polling thread has ended.
    func finish() {
        let (takers, closers) = state.withLock { state in
            state.phase = .closed
            state.queues.assign([:])
            let waiting = (state.takers, state.closers)
            state.takers = []
            state.closers = []
            return waiting
        }
        for taker in takers { taker.continuation.resume(returning: nil) }
        for closer in closers { closer.resume() }
    }

    /// Pairs who waits with what there is.
    private static func serve(_ state: inout State) -> [Serving] {
        var servings: [Serving] = []
        var left: [Taker] = []
        for taker in state.takers {
            let batches = state.queues.nextTogether(of: taker.topic, recordsMax: taker.recordsMax)
            if batches.isEmpty {
                left.append(taker)
            } else {
                servings.append(Serving(taker: taker, batches: batches))
            }
        }
        state.takers = left
        return servings
    }
}
