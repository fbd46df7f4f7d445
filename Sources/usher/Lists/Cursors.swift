import PostgresStore
import SessionCore
import Terminal

// Where a page of a list ended, as `--after` says it.
extension Invocation {
    /// nil for the first page. Throws `UsageError`.
    func cursor<Cursor>(_ read: (String) -> Cursor?) throws(UsageError) -> Cursor? {
        guard let text = value("after") else { return nil }
        guard let cursor = read(text) else {
            let message = "--after must be the cursor that the page before ended with, of the same kind of list"
            throw UsageError(path: path, message: message)
        }
        return cursor
    }
}

extension OrderCursor {
    /// `JOB:LEFT`, or `JOB` where nobody counted what is left.
    var text: String {
        left.map { "\(jobID):\($0)" } ?? String(jobID)
    }

    init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let jobID = Int64(parts[0]), jobID > 0 else { return nil }
        guard parts.count == 2 else {
            self.init(jobID: jobID)
            return
        }
        guard let left = Int(parts[1]), left >= 0 else { return nil }
        self.init(jobID: jobID, left: left)
    }
}

extension QuarantinePlace {
    /// `MICROSECONDS:PARTITION:OFFSET:TOPIC`; a topic's name has no colon.
    var cursor: String {
        "\(receivedAt.microseconds):\(record.partition):\(record.offset):\(record.topic)"
    }

    init?(cursor: String) {
        let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, let time = Int64(parts[0]), let partition = Int32(parts[1]),
            let offset = Int64(parts[2]), !parts[3].isEmpty
        else { return nil }
        self.init(
            record: RecordPosition(topic: String(parts[3]), partition: partition, offset: offset),
            receivedAt: Timestamp(microseconds: time)
        )
    }
}
