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

    /// - Parameters:
    ///   - batches: of one topic, each of another partition.
    ///   - now: the database's clock; only `not_after` defaults and answers depend on it.
    ///   - lease: for jobs that start at once.
    package func decide(_ batches: [RecordBatch], now: Timestamp, lease: Duration) -> IngestBatch {
        var jobs: [AcceptedJob] = []
        var quarantined: [QuarantinedRecord] = []
        jobs.reserveCapacity(batches.reduce(0) { $0 + $1.records.count })
        let lane = batches.first.flatMap { topics[$0.topic]?.lane }
        for record in batches.lazy.flatMap(\.records) {
            do {
                jobs.append(accepted(try codec.accept(key: record.key, value: record.value), record, lane, now))
            } catch {
                quarantined.append(refused(error, record, now))
            }
        }
        return IngestBatch(
            topic: batches.first?.topic ?? "",
            ranges: batches.map { PartitionRange(partition: $0.partition, start: $0.start, next: $0.next) },
            jobs: jobs,
            quarantined: quarantined,
            lease: lease
        )
    }

    /// - Parameter lane: the topic's; nil: the job's campaign decides.
    private func accepted(
        _ job: AcceptedContent,
        _ record: SourceRecord,
        _ lane: Lane?,
        _ now: Timestamp
    ) -> AcceptedJob {
        AcceptedJob(
            partition: record.position.partition,
            offset: record.position.offset,
            order: job.order,
            lane: Lane(ofTopic: lane, isOfCampaign: job.campaign != nil),
            campaign: job.campaign,
            notBefore: job.notBefore,
            notAfter: job.notAfter ?? max(now, job.notBefore ?? now).advanced(by: notAfterDefault),
            contentDigest: contentDigest(job.body),
            body: job.body,
            request: job.request,
            traceparent: record.traceparent
        )
    }

    private func refused(_ refusal: JobRefusal, _ record: SourceRecord, _ now: Timestamp) -> QuarantinedRecord {
        let raw = record.value ?? []
        var quarantined = QuarantinedRecord(
            partition: record.position.partition,
            offset: record.position.offset,
            reason: refusal.reason.rawValue,
            field: refusal.field,
            detail: refusal.detail,
            rawSHA256: sha256(raw)
        )
        if refusal.mayKeepRaw { quarantined.raw = raw }
        quarantined.order = refusal.order
        quarantined.answer = answers.rejected(refusal, record: record.position, now: now)
        quarantined.traceparent = record.traceparent
        return quarantined
    }
}
