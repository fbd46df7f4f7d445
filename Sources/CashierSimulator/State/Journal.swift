/// Collects the changes of one request as a line of the state file. A line is read whole or not at all.
struct Journal {
    private var json = JSONBuilder()
    private var isEmpty = true

    mutating func add(_ change: StateChange) {
        if isEmpty { json.beginArray() }
        isEmpty = false
        change.write(&json)
    }

    /// The line since the last call, with its end; empty if nothing has changed.
    mutating func takeLine() -> [UInt8] {
        guard !isEmpty else { return [] }
        json.endArray()
        json.endLine()
        defer {
            json = JSONBuilder()
            isEmpty = true
        }
        return json.bytes
    }
}
