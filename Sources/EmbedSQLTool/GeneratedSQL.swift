/// The Swift source that holds the SQL.
struct GeneratedSQL {
    let files: [SQLFile]

    var text: String {
        var entities: [String: [(verb: String, text: String)]] = [:]
        var session: [(name: String, text: String)] = []
        var migrations: [(version: Int, name: String, text: String)] = []
        for file in files {
            switch file.kind {
            case .migration(let version, let name): migrations.append((version, name, file.text))
            case .session(let name): session.append((name, file.text))
            case .query(let entity, let verb): entities[entity, default: []].append((verb, file.text))
            }
        }
        var lines = ["// Generated from sql/ by EmbedSQLTool.", "", "enum SQL {"]
        var names: [String] = []
        for (entity, queries) in entities.sorted(by: { $0.key < $1.key }) {
            lines.append("    enum \(typeName(entity)) {")
            for query in queries.sorted(by: { $0.verb < $1.verb }) {
                let name = memberName(query.verb)
                lines.append("        static let \(name) = Statement(name: \"\(entity)/\(query.verb)\", text: ")
                lines.append(literal(query.text) + ")")
                names.append("\(typeName(entity)).\(name)")
            }
            lines.append("    }")
        }
        lines.append("    enum Session {")
        for script in session.sorted(by: { $0.name < $1.name }) {
            lines.append(
                "        static let \(memberName(script.name)) = Script(name: \"session/\(script.name)\", text: "
            )
            lines.append(literal(script.text) + ")")
        }
        lines.append("    }")
        lines.append("    static let all: [Statement] = [\(names.joined(separator: ", "))]")
        lines.append("    static let migrations: [Migration] = [")
        for migration in migrations.sorted(by: { $0.version < $1.version }) {
            lines.append("        Migration(version: \(migration.version), name: \"\(migration.name)\", text: ")
            lines.append(literal(migration.text) + "),")
        }
        lines.append("    ]")
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A raw literal: nothing in SQL is an escape to Swift.
    private func literal(_ text: String) -> String {
        let body = text.hasSuffix("\n") ? String(text.dropLast()) : text
        return "###\"\"\"\n\(body)\n\"\"\"###"
    }

    private func typeName(_ snake: String) -> String {
        snake.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func memberName(_ snake: String) -> String {
        let name = typeName(snake)
        return name.prefix(1).lowercased() + name.dropFirst()
    }
}
