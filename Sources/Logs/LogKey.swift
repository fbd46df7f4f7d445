/// The fields that a log line may carry: a closed list, so that personal data has no key to hide under.
package enum LogKey: String, CaseIterable, Sendable {
    case account
    case address
    case attempts
    case batch
    case broker
    case campaign
    case code
    case command
    case count
    case database
    case delayMs = "delay_ms"
    case differenceMs = "difference_ms"
    case elapsedMs = "elapsed_ms"
    case error
    case eventID = "event_id"
    case file
    case fingerprint
    case generation
    case group
    case httpStatus = "http_status"
    case jobs
    case keyID = "key_id"
    case lane
    case lease
    case library
    case offset
    case order
    case outcome
    case overlapMs = "overlap_ms"
    case partition
    case partitions
    case pid
    case position
    case reason
    case record
    case resultID = "result_id"
    case rule
    case schema
    case setting
    case signal
    case state
    case status
    case tid
    case topic
    case version
    case waitingFor = "waiting_for"
    case worker
}
