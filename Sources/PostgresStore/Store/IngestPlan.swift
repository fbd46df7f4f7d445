import Cryptography
import SessionCore

/// A stored order that a record of a batch collided with.
struct StoredOrder: Equatable {
    var jobID: Int64
    var generation: Int32
    var state: JobState
    var contentDigest: [UInt8]
    var topicID: Int16
    var partition: Int32
    var offset: Int64
    var body: SealedBody?
    /// Whether the order has ended and has its result.
    var hasResult: Bool
    var now: Timestamp
}

/// A sealed body and the generation that it was sealed for.
struct SealedBody: Equatable {
    var generation: Int32
    var value: SealedValue
}

/// What a record turns out to be when its order is there already. Pure.
enum CollisionVerdict: Equatable {
    /// The order came from this very record.
    case repeated
    case sameContent
    case otherContent

    init(of job: AcceptedJob, from topicID: Int16, with stored: StoredOrder) {
        let isSameRecord =
            stored.topicID == topicID && stored.partition == job.partition && stored.offset == job.offset
        if isSameRecord {
            self = .repeated
        } else if isEqualInConstantTime(stored.contentDigest, job.contentDigest) {
            self = .sameContent
        } else {
            self = .otherContent
        }
    }
}

/// A record's answer, ready to be stored and queued.
struct RecordAnswer {
    var result: EncodedResult
    var jobID: Int64?
    var traceparent: String?
}
