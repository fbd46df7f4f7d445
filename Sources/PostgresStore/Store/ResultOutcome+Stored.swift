import Cryptography
import SessionCore

extension ResultOutcome {
    /// What `result.outcome` holds: the state's number, or a number from 20 for an answer to a record.
    var stored: Int16 {
        switch self {
        case .opened: JobState.opened.rawValue
        case .declined: JobState.declined.rawValue
        case .failed: JobState.failed.rawValue
        case .expired: JobState.expired.rawValue
        case .cancelled: JobState.cancelled.rawValue
        case .conflict: 20
        case .rejected: 21
        case .duplicate: 22
        }
    }

    init(stored: Int16) throws {
        guard let outcome = Self.allCases.first(where: { $0.stored == stored }) else {
            throw PostgresFailure.shape("result.outcome is \(stored), which this version does not know")
        }
        self = outcome
    }
}

extension JobState {
    init(stored: Int16) throws {
        guard let state = JobState(rawValue: stored) else {
            throw PostgresFailure.shape("job.state is \(stored), which this version does not know")
        }
        self = state
    }
}

extension Lane {
    init(stored: Int16) throws {
        guard let lane = Lane(rawValue: stored) else {
            throw PostgresFailure.shape("job.lane is \(stored), which this version does not know")
        }
        self = lane
    }
}

extension String {
    /// The longest prefix of whole characters that has at most so many bytes, without NUL, which Postgres cannot hold.
    func cut(to bytesMax: Int) -> String {
        var cut = ""
        var left = bytesMax
        for character in self where character != "\0" {
            left -= character.utf8.count
            if left < 0 { break }
            cut.append(character)
        }
        return cut
    }
}
