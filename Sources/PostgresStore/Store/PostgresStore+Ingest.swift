import Cryptography
package import SessionCore

extension PostgresStore {
    package func ingest(_ batch: IngestBatch) async throws -> IngestReport {
        let topicID = try await topicID(of: batch.topic)
        let run = IngestRun(batch: batch, topicID: topicID, keys: keys, answers: answers)
        return try await pool.run { link in try link.transaction { link in try run.execute(on: link) } }
    }

    package func positions(of partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
        let parameters: [PGParameter] = [.texts(partitions.map(\.topic)), .int4s(partitions.map(\.partition))]
        let rows = try await pool.run { link in
            try link.run(SQL.Positions.read, parameters).map { row in
                let partition = TopicPartition(topic: try row.next(), partition: try row.next())
                return (partition, try row.next(Int64.self))
            }
        }
        return Dictionary(rows) { _, new in new }
    }
}

/// The steps of one batch inside its transaction.
private struct IngestRun: Sendable {
    let batch: IngestBatch
    let topicID: Int16
    let keys: KeyRing
    let answers: any CollisionAnswers

    func execute(on link: PostgresLink) throws -> IngestReport {
        try advancePosition(link)
        var report = IngestReport()
        let inserted = try insertJobs(link)
        report.accepted = inserted.count
        let collided = batch.jobs.filter { inserted[$0.offset] == nil }
        var due = DueAnswers()
        try noteCollisions(of: collided, link, &report, &due)
        try quarantine(link, &report, &due)
        try queue(due, link)
        return report
    }

    /// First, so that two readers of the partition take turns; and always a write.
    private func advancePosition(_ link: PostgresLink) throws {
        let partition: [PGParameter] = [.int2(topicID), .int4(batch.partition)]
        let advance = partition + [.int8(batch.start), .int8(batch.next)]
        if try link.run(SQL.Positions.advance, advance).count == 1 { return }
        let stored = try link.run(SQL.Positions.find, partition).first { row in try row.next(Int64.self) }
        if stored == nil, try link.run(SQL.Positions.begin, partition + [.int8(batch.next)]).count == 1 { return }
        // Another reader began the partition a moment ago: its row is visible to a new statement.
        if stored == nil, try link.run(SQL.Positions.advance, advance).count == 1 { return }
        throw StoreError.positionMovedBack(
            TopicPartition(topic: batch.topic, partition: batch.partition),
            stored: try link.run(SQL.Positions.find, partition).first { row in try row.next(Int64.self) }
        )
    }

    /// The new jobs' numbers by offset.
    private func insertJobs(_ link: PostgresLink) throws -> [Int64: Int64] {
        let jobs = batch.jobs.sorted { $0.offset < $1.offset }
        guard !jobs.isEmpty else { return [:] }
        let rows = try link.run(
            SQL.Jobs.insert,
            [
                .texts(jobs.map(\.order.account)), .texts(jobs.map(\.order.orderID)), .int8s(jobs.map(\.offset)),
                .int2s(jobs.map(\.lane.rawValue)), .texts(jobs.map(\.campaign)), .times(jobs.map(\.notBefore)),
                .times(jobs.map(\.notAfter)), .byteLists(jobs.map(\.contentDigest)), .int2(topicID),
                .int4(batch.partition),
            ]
        ).map { row in (id: try row.next(Int64.self), offset: try row.next(Int64.self)) }
        let ids = Dictionary(rows.map { ($0.offset, $0.id) }) { first, _ in first }
        let new = jobs.filter { ids[$0.offset] != nil }
        let sealed = new.map { keys.seal($0.body, associated: Seals.body(of: $0.order, generation: 1)) }
        guard !new.isEmpty else { return ids }
        try link.run(
            SQL.Bodies.insert,
            [
                .int8s(new.map { ids[$0.offset] }), .texts(sealed.map(\.keyID)), .byteLists(sealed.map(\.bytes)),
                .texts(new.map(\.traceparent)),
            ]
        )
        return ids
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
            let verdict = CollisionVerdict(of: job, from: (topicID, batch.partition), with: stored)
            if verdict == .repeated { report.repeated += 1 } else { collisions.append((job, stored, verdict)) }
        }
        let noted = try offsets(
            link.run(
                SQL.Duplicates.insert,
                [
                    .int2(topicID), .int4(batch.partition), .int8s(collisions.map(\.job.offset)),
                    .int8s(collisions.map(\.stored.jobID)), .bools(collisions.map { $0.verdict == .sameContent }),
                ]
            )
        )
        var pinned: [Int64: Bool] = [:]
        let again = collisions.filter { $0.verdict == .sameContent && noted.contains($0.job.offset) }
        let resultNumbers = Set(again.compactMap(\.stored.resultNo)).sorted()
        if !resultNumbers.isEmpty {
            let rows = try link.run(SQL.Results.pin, [.int8s(resultNumbers)]).map { row in
                (number: try row.next(Int64.self), isKept: try row.next(Bool.self))
            }
            pinned = Dictionary(rows.map { ($0.number, $0.isKept) }) { first, _ in first }
        }
        for (job, stored, verdict) in collisions {
            guard noted.contains(job.offset) else {
                report.repeated += 1
                continue
            }
            switch verdict {
            case .repeated: report.repeated += 1
            case .sameContent:
                report.duplicates += 1
                guard let number = stored.resultNo else { continue }
                if pinned[number] == true {
                    due.results.insert(number)
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
            record: RecordPosition(topic: batch.topic, partition: batch.partition, offset: job.offset),
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
                let position = RecordPosition(topic: batch.topic, partition: batch.partition, offset: record.offset)
                return keys.seal(raw, associated: Seals.quarantine(position))
            }
        }
        let noted = try offsets(
            link.run(
                SQL.Quarantine.insert,
                [
                    .int2(topicID), .int4(batch.partition), .int8s(records.map(\.offset)),
                    .texts(records.map(\.reason)),
                    .texts(records.map(\.field)), .texts(records.map { $0.detail.cut(to: 1_024) }),
                    .texts(records.map(\.order?.account)), .texts(records.map(\.order?.orderID)),
                    .byteLists(records.map(\.rawSHA256)), .texts(sealed.map { $0?.keyID }),
                    .byteLists(sealed.map { $0?.bytes }),
                ]
            )
        )
        for record in records {
            guard noted.contains(record.offset) else {
                report.repeated += 1
                continue
            }
            report.quarantined += 1
            if let answer = record.answer { due.answers.append(RecordAnswer(result: answer)) }
        }
    }

    private func queue(_ due: DueAnswers, _ link: PostgresLink) throws {
        if !due.results.isEmpty { try link.run(SQL.Outbox.insert, [.int8s(due.results.sorted())]) }
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
                .byteLists(answers.map { Hashes.sha256($0.result.value) }), .texts(answers.map(\.traceparent)),
            ]
        )
    }

    private func offsets(_ rows: PGRows) throws -> Set<Int64> {
        Set(try rows.map { row in try row.next(Int64.self) })
    }
}

/// What the batch's records are to be answered with.
private struct DueAnswers {
    var results: Set<Int64> = []
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
        resultNo = try row.nextIfAny()
        now = try row.next()
    }
}
