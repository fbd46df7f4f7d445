import SessionCore

/// One line of `usher doctor`. Pure.
struct Finding: Equatable, Sendable {
    enum Status: String, CaseIterable, Sendable {
        case ok
        /// Works, and could be better.
        case advice
        case problem
        /// What it rests on failed.
        case skipped
    }

    var status: Status
    /// What was found, and what to do about it.
    var text: String
    /// Whether checks that rest on this one make no sense now.
    var blocks = false

    static func ok(_ text: String) -> Finding { Finding(status: .ok, text: text) }
    static func advice(_ text: String) -> Finding { Finding(status: .advice, text: text) }
    static func problem(_ text: String) -> Finding { Finding(status: .problem, text: text) }
    /// A problem that leaves the checks that rest on this one without a basis.
    static func blocking(_ text: String) -> Finding { Finding(status: .problem, text: text, blocks: true) }
    static func skipped(_ reason: String) -> Finding {
        Finding(status: .skipped, text: "because \(reason)", blocks: true)
    }
}

/// A finding with the name of its check. Pure.
struct CheckedFinding: Equatable, Sendable {
    var check: String
    var finding: Finding

    /// `postgres        ok      PostgreSQL 17.11 …`
    func line(nameWidth: Int) -> String {
        "\(padded(check, nameWidth))  \(padded(finding.status.rawValue, 7)) \(finding.text)"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    func write(to writer: inout JSONWriter) {
        writer.member("check", check)
        writer.member("status", finding.status.rawValue)
        writer.member("text", finding.text)
    }
}
