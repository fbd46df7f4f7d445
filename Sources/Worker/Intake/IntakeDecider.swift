package import SessionCore

/// Turns a batch of records into what is stored of it. Pure.
package struct IntakeDecider: Sendable {
    private let codec: JobCodec
    private let answers: AnswerCodec
    private let topics: [String: WorkerTopic]
    private let notAfterDefault: Duration
    private let contentDigest: @Sendable ([UInt8]) -> [UInt8]
    private let sha256: SHA256

    package init(
        codec: JobCodec,
        answers: AnswerCodec,
        topics: [WorkerTopic],
        notAfterDefault: Duration,
        contentDigest: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha256: @escaping SHA256
    ) {
        self.codec = codec
        self.answers = answers
        self.topics = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.notAfterDefault = notAfterDefault
        self.contentDigest = contentDigest
        self.sha256 = sha256
    }

    /// - Parameter now: the database's clock; only `not_after` defaults and answers depend on it.
    package func decide(_ batch: RecordBatch, now: Timestamp) -> IngestBatch {
        var jobs: [AcceptedJob] = []
        var quarantined: [QuarantinedRecord] = []
        for record in batch.records {
            do {
                jobs.append(accepted(try codec.decode(key: record.key, value: record.value), record, now))
            } catch {
                quarantined.append(refused(error, record, now))
            }
        }
        return IngestBatch(
            topic: batch.topic,
            partition: batch.partition,
            start: batch.start,
            next: batch.next,
            jobs: jobs,
            quarantined: quarantined
        )
    }

    private func accepted(_ job: Job, _ record: SourceRecord, _ now: Timestamp) -> AcceptedJob {
        let body = JobCodec.canonicalBody(job)
        return AcceptedJob(
            offset: record.position.offset,
            order: job.order,
            lane: topics[record.position.topic]?.lane ?? (job.campaign == nil ? .interactive : .campaign),
            campaign: job.campaign,
            notBefore: job.notBefore,
            notAfter: job.notAfter ?? max(now, job.notBefore ?? now).advanced(by: notAfterDefault),
            contentDigest: contentDigest(body),
            body: body,
            traceparent: record.traceparent
        )
    }

    private func refused(_ refusal: JobRefusal, _ record: SourceRecord, _ now: Timestamp) -> QuarantinedRecord {
        let raw = record.value ?? []
        var quarantined = QuarantinedRecord(
            offset: record.position.offset,
            reason: refusal.reason.rawValue,
            field: refusal.field,
            detail: refusal.detail,
            rawSHA256: sha256(raw)
        )
        if refusal.mayKeepRaw { quarantined.raw = raw }
        quarantined.order = refusal.order
        quarantined.answer = answers.rejected(refusal, record: record.position, now: now)
        return quarantined
    }
}
