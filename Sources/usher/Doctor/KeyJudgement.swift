import PostgresStore

/// What a database and a key file have to do with each other. Pure.
enum KeyJudgement {
    /// - Parameters:
    ///   - oldest: ids of the keys that sealed the oldest values that are kept.
    ///   - missing: those of the oldest that the file does not have.
    static func findings(_ status: KeyStatus, oldest: [String], missing: [String], file: String) -> [Finding] {
        if let problem = KeyCheck.problem(status, file: file) { return [.problem(problem)] }
        guard missing.isEmpty else {
            let keys = missing.joined(separator: ", ")
            return [
                .problem(
                    "\(file) lacks keys that sealed what is still kept: \(keys); put their lines back, below the "
                        + "first, until nothing is left that they sealed"
                )
            ]
        }
        var text = "\(file) is this database's"
        if !status.new.isEmpty { text += "; the next start tells it of \(status.new.joined(separator: ", "))" }
        if !oldest.isEmpty { text += "; the oldest values kept were sealed by \(oldest.joined(separator: ", "))" }
        return [.ok(text)]
    }
}
