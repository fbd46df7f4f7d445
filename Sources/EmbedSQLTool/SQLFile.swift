/// One file under `sql/`, by what its folder says it is.
struct SQLFile {
    enum Kind {
        /// `migrations/0001_name.sql`
        case migration(version: Int, name: String)
        /// `session/name.sql`: run as it stands, may hold several statements.
        case session(name: String)
        /// `queries/entity/verb.sql`: one statement, prepared.
        case query(entity: String, verb: String)
    }

    let kind: Kind
    let text: String

    /// nil when the path is none of the three.
    init?(path: String, root: String, text: String) {
        guard path.hasPrefix(root + "/"), path.hasSuffix(".sql") else { return nil }
        let relative = path.dropFirst(root.count + 1).dropLast(4)
        let parts = relative.split(separator: "/").map(String.init)
        guard parts.allSatisfy(isSnakeCase) else { return nil }
        switch (parts.first, parts.count) {
        case ("migrations", 2):
            let digits = parts[1].prefix(4)
            guard digits.count == 4, let version = Int(digits), parts[1].dropFirst(4).first == "_" else { return nil }
            kind = .migration(version: version, name: String(parts[1].dropFirst(5)))
        case ("session", 2):
            kind = .session(name: parts[1])
        case ("queries", 3):
            kind = .query(entity: parts[1], verb: parts[2])
        case _:
            return nil
        }
        self.text = text
    }
}

private func isSnakeCase(_ name: String) -> Bool {
    !name.isEmpty
        && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
}
