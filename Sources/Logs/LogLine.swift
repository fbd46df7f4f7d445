import Glibc

/// One event, rendered. What a terminal might act on is escaped in values, so that one cannot begin a line of its own.
struct LogLine {
    let seconds: Int64
    let milliseconds: Int64
    let level: LogLevel
    let message: String
    let fields: [(LogKey, LogValue)]

    /// UTC, RFC 3339 with milliseconds.
    private var time: String {
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func padded(_ value: some BinaryInteger, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(milliseconds, 3))Z"
    }

    var text: String {
        let name = level.name + String(repeating: " ", count: max(0, 7 - level.name.utf8.count))
        let rendered = fields.map { key, value -> String in
            switch value {
            case .number(let number): " \(key.rawValue)=\(number)"
            case .text(let text): " \(key.rawValue)=\(needsQuotes(text) ? quoted(text) : text)"
            }
        }
        return "\(time) \(name) \(message)" + rendered.joined()
    }

    var json: String {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"message\":\(quoted(message))"
        for (key, value) in fields {
            switch value {
            case .number(let number): line += ",\"\(key.rawValue)\":\(number)"
            case .text(let text): line += ",\"\(key.rawValue)\":\(quoted(text))"
            }
        }
        return line + "}"
    }

    private func needsQuotes(_ text: String) -> Bool {
        text.isEmpty || text.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" || isEscaped($0) }
    }

    /// A JSON string; anything that a terminal might act on is escaped too.
    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where isEscaped(scalar):
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// Control characters, those from U+0080 on too, separators of lines, and marks that turn the direction of writing.
    private func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        case _: false
        }
    }
}
