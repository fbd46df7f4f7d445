import CLibrdkafka
import Logs
import SessionCore

/// An assignment of the group's that waits for its positions.
struct Assigning {
    var request: Int64
    var partitions: [TopicPartition]
    /// nil until the store has answered.
    var stored: [TopicPartition: StoredPosition]?
    var notBefore = ContinuousClock.now
}

extension SourcePoller {
    private static let committedWaitMs: Int32 = 2_000
    private static let committedRetry: Duration = .milliseconds(500)
    private static let seekRetry: Duration = .milliseconds(200)
    private static let unknownToStore: StaticString = """
        the store knows no position of a partition that Kafka has one of; reading on from Kafka's
        """
    private static let unknownToKafka: StaticString = """
        Kafka knows no position of a partition that the store has one of; reading on from the store's: if the topic \
        was made anew, its records before that are never read
        """

    func obey(_ command: IntakeExchange.Command) {
        switch command {
        case .stored(let request, let positions):
            guard assigning?.request == request else { return }
            assigning?.stored = positions
        case .rewind(let place, let wasAccounted):
            if wasAccounted { forgotten.insert(place) }
            beginRewinding(place)
        case .rewindTo(let place, let request, let stored):
            guard rewinding[place] == request else { return }
            rewind(place, to: stored)
        case .takeUp(let place):
            takeUp(place)
        }
    }

    /// The group gave partitions. They are taken up once their positions are known; polling goes on meanwhile, which
    /// keeps the membership alive while the store is away.
    func beginAssigning(_ partitions: [TopicPartition]) {
        requests += 1
        lookUp.cancelAll()
        assigning = Assigning(request: requests, partitions: partitions)
        if partitions.isEmpty {
            assigning?.stored = [:]
        } else {
            exchange.changeHealth { $0.waitingFor = "stored positions" }
            lookUp.assignment(partitions, request: requests)
        }
        continueAssigning()
    }

    /// What cannot be read lies before the store's position: it was accounted for, or an operator gave it up.
    func passOver(_ place: TopicPartition) {
        // Until then nothing behind it may be taken.
        guard reading.stop(place) else { return }
        log.notice(
            "records between Kafka's position and the store's were deleted or are damaged; reading on from the store's",
            [.topic: LogValue(place.topic), .partition: LogValue(place.partition)]
        )
        takeUps.wantStore(of: place, now: .now)
    }

    private func takeUp(_ place: TopicPartition) {
        guard reading.stopped.contains(place) else { return }
        log.notice(
            "the stored position of a stopped partition was moved; reading on from it",
            [.topic: LogValue(place.topic), .partition: LogValue(place.partition)]
        )
        takeUps.wantStore(of: place, now: .now)
    }

    /// Takes up the assignment anew where partitions want it. All of them, because the library does not seek in a
    /// partition whose position is not on Kafka, or was not told.
    func takeUpWhatIsDue() {
        guard assigning == nil, let due = takeUps.take(now: .now) else { return }
        let ended = due.doubtful.filter { hasEnded($0) }
        guard !(due.fromStore.isEmpty && due.beginnings.isEmpty && ended.isEmpty) else { return }
        let partitions = reading.partitions
        passedOver.formUnion(due.fromStore)
        revoke()
        beginAssigning(partitions)
    }

    /// Whether the library reads a partition no more: then it does not seek there, either.
    private func hasEnded(_ place: TopicPartition) -> Bool {
        guard reading.isAssigned(place), !reading.stopped.contains(place) else { return false }
        guard !seek(place, to: reading.next(of: place)) else { return false }
        log.notice(
            "an error about an earlier position had ended the reading of a partition; it is taken up again",
            [.topic: LogValue(place.topic), .partition: LogValue(place.partition)]
        )
        return true
    }

    /// Takes up the partitions once the store has answered and Kafka tells what is committed.
    func continueAssigning() {
        guard let assigning, let stored = assigning.stored, ContinuousClock.now >= assigning.notBefore else { return }
        guard let committed = committed(of: assigning.partitions) else {
            self.assigning?.notBefore = .now + Self.committedRetry
            exchange.changeHealth { $0.waitingFor = "group coordinator" }
            return
        }
        self.assigning = nil
        let usable = committed.filter { !passedOver.contains($0.key) }
        let starts = StartPlan.starts(of: assigning.partitions, committed: usable, stored: stored)
        let entries = assigning.partitions.map { place in
            let start = starts[place] ?? nil
            return PartitionOffset(partition: place, offset: start ?? Int64(RD_KAFKA_OFFSET_BEGINNING))
        }
        // The queues first: records come from here on.
        reading.assign(starts)
        exchange.assign(starts, stored: stored.mapValues(\.next))
        // So that Kafka's positions heal, though nothing new may come.
        let healed = stored.filter { place, position in
            passedOver.contains(place) || position.floor > committed[place] ?? position.floor
        }
        exchange.report(healed.mapValues(\.next))
        queues.route(assigning.partitions)
        let code = PartitionOffset.withList(entries) { rd_kafka_assign(client.pointer, $0) }
        exchange.changeHealth { $0.waitingFor = nil }
        watch.joined(exchange)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { fail(KafkaFault(code).transportError()) }
        log.info("partitions assigned", [.partitions: LogValue(assigning.partitions.count)])
        tellOneSided(committed: committed, stored: stored, starts)
    }

    /// A partition of which only one side knows a position: the store was made anew, or the topic or the group was.
    private func tellOneSided(
        committed: [TopicPartition: Int64],
        stored: [TopicPartition: StoredPosition],
        _ starts: [TopicPartition: Int64?]
    ) {
        for (place, start) in starts {
            guard let start, (committed[place] == nil) != (stored[place] == nil) else { continue }
            log.warning(
                stored[place] == nil ? Self.unknownToStore : Self.unknownToKafka,
                [
                    .topic: LogValue(place.topic), .partition: LogValue(place.partition), .offset: LogValue(start),
                ]
            )
        }
    }

    /// The partitions go to other members: what waits is dropped, reported offsets are sent before the answer.
    func revoke() {
        let isLost = rd_kafka_assignment_lost(client.pointer) != 0
        if !isLost { sendCommits(areLast: true) }
        lookUp.cancelAll()
        assigning = nil
        takeUps.revoke()
        rewinding = [:]
        forgotten = []
        exchange.revoke()
        resume(reading.paused)
        reading.assign([:])
        rd_kafka_assign(client.pointer, nil)
        exchange.changeHealth { $0.waitingFor = nil }
        log.info(isLost ? "partitions lost" : "partitions revoked")
    }

    /// What Kafka has committed of the partitions; nil if it could not be asked.
    private func committed(of partitions: [TopicPartition]) -> [TopicPartition: Int64]? {
        guard !partitions.isEmpty else { return [:] }
        let asked = partitions.map { PartitionOffset(partition: $0, offset: Int64(RD_KAFKA_OFFSET_INVALID)) }
        let (code, answers) = PartitionOffset.withList(asked) { list in
            (rd_kafka_committed(client.pointer, list, Self.committedWaitMs), PartitionOffset.read(list))
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, answers.allSatisfy({ $0.error == 0 }) else {
            log.debug("committed offsets not known yet", [.code: LogValue(KafkaFault(code).name)])
            return nil
        }
        var committed: [TopicPartition: Int64] = [:]
        for answer in answers where answer.offset >= 0 { committed[answer.partition] = answer.offset }
        return committed
    }

    // MARK: Rewinding

    private func beginRewinding(_ place: TopicPartition, after delay: Duration = .zero) {
        guard reading.isAssigned(place) else { return }
        requests += 1
        rewinding[place] = requests
        lookUp.rewind(place, request: requests, after: delay)
    }

    /// Reads a partition from its stored position. If the store has none: from where it started, or from its beginning
    /// where the store had one before.
    private func rewind(_ place: TopicPartition, to stored: StoredPosition?) {
        // Where reading has stopped, a seek has nothing read.
        if reading.stopped.contains(place) { return takeUps.wantStore(of: place, now: .now) }
        let start = stored?.next ?? (forgotten.contains(place) ? nil : reading.start(of: place))
        guard seek(place, to: start) else {
            // The partition may be on its way to another member; if it stays, it is tried again.
            return beginRewinding(place, after: Self.seekRetry)
        }
        rewinding[place] = nil
        forgotten.remove(place)
        reading.restarted(place, at: start)
        exchange.restart(place, at: start, stored: stored?.next)
        if let stored, stored.floor > reading.start(of: place) ?? 0 {
            // An operator put it ahead: Kafka's position heals, though nothing new may come.
            exchange.report([place: stored.next])
        }
        log.notice(
            "partition is read from its stored position",
            [.topic: LogValue(place.topic), .partition: LogValue(place.partition), .offset: LogValue(start ?? 0)]
        )
    }

    /// Makes `start` (nil: the beginning) the next offset to read; what the library holds of the partition is dropped.
    func seek(_ place: TopicPartition, to start: Int64?) -> Bool {
        let entry = PartitionOffset(partition: place, offset: start ?? Int64(RD_KAFKA_OFFSET_BEGINNING))
        return PartitionOffset.withList([entry]) { list in
            if let error = rd_kafka_seek_partitions(client.pointer, list, 1_000) {
                rd_kafka_error_destroy(error)
                return false
            }
            return PartitionOffset.read(list).allSatisfy { $0.error == 0 }
        }
    }

    // MARK: Pausing

    /// Brings the library's pauses in line with what must rest.
    func applyPauses() {
        let wanted = exchange.partitionsToPause.union(reading.stopped)
        guard wanted != reading.paused else { return }
        let added = wanted.subtracting(reading.paused)
        if !added.isEmpty {
            let list = added.map { PartitionOffset(partition: $0, offset: 0) }
            _ = PartitionOffset.withList(list) { rd_kafka_pause_partitions(client.pointer, $0) }
        }
        resume(reading.paused.subtracting(wanted))
        reading.paused = wanted
    }

    /// Only partitions that are paused: resuming another makes librdkafka before 2.4 go back to an old position.
    private func resume(_ partitions: Set<TopicPartition>) {
        guard !partitions.isEmpty else { return }
        let list = partitions.map { PartitionOffset(partition: $0, offset: 0) }
        _ = PartitionOffset.withList(list) { rd_kafka_resume_partitions(client.pointer, $0) }
    }
}
