import Cryptography
package import SessionCore

extension PostgresStore {
    /// On the clean path one statement and one commit. Where records collide with stored orders, cannot become jobs, or
    /// open a partition, a second transaction deals with those, and only then do the positions move.
    package func ingest(_ batch: IngestBatch) async throws -> IngestReport {
        precondition(batch.jobs.count <= IngestBatch.jobsMax, "a batch of \(batch.jobs.count) jobs")
        let frame = IngestColumns.Frame(
            topicID: try await topicID(of: batch.topic),
            ranges: batch.ranges,
            lease: batch.lease,
            worker: try await workerID(),
            movesAnyway: false
        )
        var report = IngestReport()
        var left = batch.jobs
        if batch.quarantined.isEmpty {
            let columns = IngestColumns(batch.jobs, keys: keys)
            let outcome = try await pool.run { link in
                try columns.outcome(link.run(SQL.Jobs.ingest, columns.parameters(frame)))
            }
            report.add(outcome)
            left = outcome.collided
            if left.isEmpty, outcome.movedPartitions == batch.ranges.count { return begun(report) }
        }
        let columns = IngestColumns(left, keys: keys)
        let run = IngestRun(batch: batch, columns: columns, frame: frame, keys: keys, answers: answers)
        let before = report
        do throws(StoreError) {
            report = try await pool.run { link in try link.transaction { link in try run.execute(on: link, before) } }
        } catch {
            // What started is committed, and nobody else's: it is sent all the same.
            guard !before.started.isEmpty else { throw error }
            report.failure = error
        }
        return begun(report)
    }

    private func begun(_ report: IngestReport) -> IngestReport {
        for (epoch, jobs) in Dictionary(grouping: report.started, by: \.lease.epoch) {
            leases.began(epoch, jobs: jobs.map(\.lease.jobID))
        }
        return report
    }
}

extension IngestReport {
    fileprivate mutating func add(_ outcome: IngestOutcome) {
        accepted += outcome.added
        started += outcome.started
        now = outcome.now
    }
}

/// The steps of what is not clean in a batch, inside their transaction.
private struct IngestRun: Sendable {
    let batch: IngestBatch
    let columns: IngestColumns
    let frame: IngestColumns.Frame
    let keys: KeyRing
    let answers: any CollisionAnswers

    private var topicID: Int16 { frame.topicID }

    func execute(on link: PostgresLink, _ before: IngestReport) throws -> IngestReport {
        var report = before
        var frame = frame
        frame.movesAnyway = true
        let outcome = try columns.outcome(link.run(SQL.Jobs.ingest, columns.parameters(frame)))
        report.add(outcome)
        if outcome.movedPartitions < batch.ranges.count {
            for range in batch.ranges { try advance(range, link) }
        }
        var due = DueAnswers()
        try noteCollisions(of: outcome.collided, link, &report, &due)
        try quarantine(link, &report, &due)
        try queue(due, link)
        return report
    }

    private func advance(_ range: PartitionRange, _ link: PostgresLink) throws {
        let partition: [PGParameter] = [.int2(topicID), .int4(range.partition)]
        let advance = partition + [.int8(range.start), .int8(range.next)]
        if try link.run(SQL.Positions.advance, advance).count == 1 { return }
        let stored = try find(partition, link)
        let first = partition + [.int8(range.next), .int8(0)]
        if stored == nil, try link.run(SQL.Positions.begin, first).count == 1 { return }
        // Another reader began the partition a moment ago: its row is visible to a new statement, perhaps since `find`.
        if (stored?.next ?? range.start) >= range.start, try link.run(SQL.Positions.advance, advance).count == 1 {
            return
        }
        throw try refusal(of: range, partition, link)
    }

    private func find(_ partition: [PGParameter], _ link: PostgresLink) throws -> StoredPosition? {
        try link.run(SQL.Positions.find, partition).first { row in
            let next = try row.next(Int64.self)
            return StoredPosition(next, floor: try row.next())
        }
    }

    /// Why a position does not move over a batch.
    private func refusal(
        of range: PartitionRange,
        _ partition: [PGParameter],
        _ link: PostgresLink
    ) throws -> StoreError {
        let place = TopicPartition(topic: batch.topic, partition: range.partition)
        let stored = try find(partition, link)
        if let stored, stored.floor > range.start { return .positionSetAhead(place, stored: stored.next) }
        return .positionMovedBack(place, stored: stored?.next)
    }

    private func noteCollisions(
        of jobs: [AcceptedJob],
        _ link: PostgresLink,
        _ report: inout IngestReport,
        _ due: inout DueAnswers
    ) throws {
        guard !jobs.isEmpty else { return }
        let stored = try storedOrders(of: jobs, link)
        var collisions: [(job: AcceptedJob, stored: StoredOrder, verdict: CollisionVerdict)] = []
        for (job, stored) in zip(jobs, stored) {
            let verdict = CollisionVerdict(of: job, from: topicID, with: stored)
            if verdict == .repeated { report.repeated += 1 } else { collisions.append((job, stored, verdict)) }
        }
        let noted = try places(
            link.run(
                SQL.Duplicates.insert,
                [
                    .int2(topicID), .int4s(collisions.map(\.job.partition)), .int8s(collisions.map(\.job.offset)),
                    .int8s(collisions.map(\.stored.jobID)), .bools(collisions.map { $0.verdict == .sameContent }),
                ]
            )
        )
        var pinned: [Int64: Bool] = [:]
        let again = collisions.filter {
            $0.verdict == .sameContent && $0.stored.hasResult && noted.contains($0.job.place)
        }
        let generations = Dictionary(again.map { ($0.stored.jobID, $0.stored.generation) }) { first, _ in first }
            .sorted { $0.key < $1.key }
        if !generations.isEmpty {
            let wanted: [PGParameter] = [.int8s(generations.map(\.key)), .int4s(generations.map(\.value))]
            let rows = try link.run(SQL.Results.pin, wanted).map { row in
                (jobID: try row.next(Int64.self), keyID: try row.nextIfAny(String.self))
            }
            // What no key of ours opens is gone as well: queued, it would wait for ever.
            pinned = Dictionary(rows.map { ($0.jobID, $0.keyID.map(keys.opens(keyID:)) ?? false) }) { first, _ in first
            }
        }
        for (job, stored, verdict) in collisions {
            guard noted.contains(job.place) else {
                report.repeated += 1
                continue
            }
            switch verdict {
            case .repeated: report.repeated += 1
            case .sameContent:
                report.duplicates += 1
                guard stored.hasResult else { continue }
                if pinned[stored.jobID] == true {
                    due.results[stored.jobID] = stored.generation
                } else {
                    due.answers.append(answer(to: job, stored, answers.duplicateOfWiped))
                }
            case .otherContent:
                report.conflicts += 1
                due.answers.append(answer(to: job, stored, answers.conflict))
            }
        }
    }

    private func storedOrders(of jobs: [AcceptedJob], _ link: PostgresLink) throws -> [StoredOrder] {
        let accounts: [PGParameter] = [.texts(jobs.map(\.order.account)), .texts(jobs.map(\.order.orderID))]
        let stored = try link.run(SQL.Jobs.collide, accounts).map { row in
            _ = try row.next(Int64.self)
            return try StoredOrder(&row)
        }
        guard stored.count == jobs.count else {
            throw PostgresFailure.shape("jobs/collide found \(stored.count) of \(jobs.count) orders")
        }
        return stored
    }

    private func answer(
        to job: AcceptedJob,
        _ stored: StoredOrder,
        _ write: (Collision) -> EncodedResult
    ) -> RecordAnswer {
        // A body that does not open is treated as one that was wiped: the answer then names no fields.
        let storedBody = stored.body.flatMap { body in
            try? keys.open(body.value, associated: Seals.body(of: job.order, generation: body.generation))
        }
        let collision = Collision(
            record: RecordPosition(topic: batch.topic, partition: job.partition, offset: job.offset),
            order: job.order,
            generation: stored.generation,
            state: stored.state,
            storedBody: storedBody,
            body: job.body,
            now: stored.now
        )
        return RecordAnswer(result: write(collision), jobID: stored.jobID, traceparent: job.traceparent)
    }

    private func quarantine(_ link: PostgresLink, _ report: inout IngestReport, _ due: inout DueAnswers) throws {
        let records = batch.quarantined
        guard !records.isEmpty else { return }
        let sealed = records.map { record in
            record.raw.map { raw in
                let position = RecordPosition(topic: batch.topic, partition: record.partition, offset: record.offset)
                return keys.seal(raw, associated: Seals.quarantine(position))
            }
        }
        let noted = try places(
            link.run(
                SQL.Quarantine.insert,
                [
                    .int2(topicID), .int4s(records.map(\.partition)), .int8s(records.map(\.offset)),
                    .texts(records.map(\.reason)),
                    .texts(records.map(\.field)), .texts(records.map { $0.detail.cut(to: 1_024) }),
                    .texts(records.map(\.order?.account)), .texts(records.map(\.order?.orderID)),
                    .byteLists(records.map(\.rawSHA256)), .texts(sealed.map { $0?.keyID }),
                    .byteLists(sealed.map { $0?.bytes }),
                ]
            )
        )
        for record in records {
            guard noted.contains(record.place) else {
                report.repeated += 1
                continue
            }
            report.quarantined += 1
            guard let answer = record.answer else { continue }
            due.answers.append(RecordAnswer(result: answer, traceparent: record.traceparent))
        }
    }

    private func queue(_ due: DueAnswers, _ link: PostgresLink) throws {
        let results = due.results.sorted { $0.key < $1.key }
        if !results.isEmpty {
            try link.run(SQL.Outbox.insert, [.int8s(results.map(\.key)), .int4s(results.map(\.value))])
        }
        let answers = due.answers
        guard !answers.isEmpty else { return }
        let sealed = answers.map { answer in
            let result = answer.result
            return keys.seal(
                result.value,
                associated: Seals.result(result.resultID, orderID: result.orderID, generation: result.generation)
            )
        }
        try link.run(
            SQL.Results.answer,
            [
                .uuids(answers.map(\.result.resultID)), .int8s(answers.map(\.jobID)),
                .int4s(answers.map(\.result.generation)), .int2s(answers.map(\.result.outcome.stored)),
                .texts(answers.map(\.result.orderID)), .texts(sealed.map(\.keyID)), .byteLists(sealed.map(\.bytes)),
                .texts(answers.map(\.traceparent)),
            ]
        )
    }

    private func places(_ rows: PGRows) throws -> Set<Place> {
        Set(try rows.map { row in Place(partition: try row.next(), offset: try row.next()) })
    }
}

/// What the batch's records are to be answered with.
private struct DueAnswers {
    /// Generations by job.
    var results: [Int64: Int32] = [:]
    var answers: [RecordAnswer] = []
}

extension StoredOrder {
    fileprivate init(_ row: inout RowReader) throws {
        jobID = try row.next()
        generation = try row.next()
        state = try JobState(stored: row.next())
        contentDigest = try row.next()
        topicID = try row.next()
        partition = try row.next()
        offset = try row.next()
        let bodyGeneration = try row.nextIfAny(Int32.self)
        let keyID = try row.nextIfAny(String.self)
        let sealed = try row.nextIfAny([UInt8].self)
        if let bodyGeneration, let keyID, let sealed {
            body = SealedBody(generation: bodyGeneration, value: SealedValue(keyID: keyID, bytes: sealed))
        }
        hasResult = try row.next()
        now = try row.next()
    }
}

/// Where a record of a batch's topic stood.
private struct Place: Hashable {
    var partition: Int32
    var offset: Int64
}

extension AcceptedJob {
    fileprivate var place: Place { Place(partition: partition, offset: offset) }
}

extension QuarantinedRecord {
    fileprivate var place: Place { Place(partition: partition, offset: offset) }
}
