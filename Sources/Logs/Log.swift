import Glibc

/// How much a line matters.
package enum LogLevel: Int, CaseIterable, Comparable, Sendable {
    case debug
    case info
    case notice
    case warning
    case error

    package var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A value of a log field.
package enum LogValue: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringInterpolation
{
    case text(String)
    case number(Int64)

    package init(stringLiteral value: String) {
        self = .text(value)
    }

    package init(integerLiteral value: Int64) {
        self = .number(value)
    }

    package init(_ value: some BinaryInteger) {
        self = .number(Int64(value))
    }

    package init(_ value: String) {
        self = .text(value)
    }
}

/// How a line looks.
package enum LogFormat: String, CaseIterable, Sendable {
    /// `12:00:00.000 info  message order=o-1 attempts=2`
    case text
    /// One JSON object a line.
    case json
}

/// Writes one line per event worth reading. A value type: cheap to pass, quiet below its level.
package struct Log: Sendable {
    package var level: LogLevel
    package var format: LogFormat
    /// Fields that every line carries.
    package var context: [(LogKey, LogValue)]
    private let write: @Sendable (String) -> Void

    /// A log to standard error, one `write(2)` a line so that lines of several processes do not mix.
    package init(level: LogLevel, format: LogFormat) {
        self.init(level: level, format: format) { line in
            let bytes = Array(line.utf8)
            _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    package init(level: LogLevel, format: LogFormat, write: @escaping @Sendable (String) -> Void) {
        self.level = level
        self.format = format
        self.context = []
        self.write = write
    }

    /// A log that keeps quiet, for tests that do not read it.
    package static var silent: Log {
        Log(level: .error, format: .text) { _ in }
    }

    package func debug(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        line(.debug, message, fields)
    }

    package func info(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        line(.info, message, fields)
    }

    package func notice(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        line(.notice, message, fields)
    }

    package func warning(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        line(.warning, message, fields)
    }

    package func error(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        line(.error, message, fields)
    }

    private func line(_ level: LogLevel, _ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue>) {
        guard level >= self.level else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let line = LogLine(
            seconds: Int64(now.tv_sec),
            milliseconds: Int64(now.tv_nsec / 1_000_000),
            level: level,
            message: message.description,
            fields: context + fields.map { ($0.key, $0.value) }
        )
        switch format {
        case .text: write(line.text + "\n")
        case .json: write(line.json + "\n")
        }
    }
}
