import Cryptography
import PostgresStore
import SessionCore
import Terminal

/// A quarantined record as `usher quarantine show` prints it. Pure.
struct QuarantinedRecordReport {
    let detail: QuarantineDetail
    /// The raw value, where it is to be shown.
    let value: [UInt8]?

    /// - Parameter isTerminal: whether something reads the lines that acts on control characters.
    func lines(isTerminal: Bool) -> [String] {
        let entry = detail.entry
        var lines = [printable("\(OrderWords.source(entry.record)): refused, \(entry.reason)"), ""]
        lines += facts.map { name, value in
            "  " + name + String(repeating: " ", count: max(1, 13 - name.count)) + printable(value)
        }
        guard let value else { return lines }
        guard let text = String(validating: value, as: UTF8.self) else {
            return lines + ["", "The value, which is no UTF-8, in base64:", Base64.text(of: value)]
        }
        return lines + ["", "The value:", isTerminal ? EscapedText.of(text) : text]
    }

    private var facts: [(String, String)] {
        let entry = detail.entry
        var facts = [("received", entry.receivedAt.timeAndDistance(from: detail.now))]
        if let field = entry.field { facts.append(("field", field)) }
        facts.append(("what to do", entry.detail))
        if let account = entry.account { facts.append(("account", account)) }
        if let orderID = entry.orderID { facts.append(("order", orderID)) }
        facts.append(("value", kept))
        facts.append(("sha-256", entry.rawSHA256.hex))
        return facts
    }

    private var kept: String {
        guard let bytes = detail.rawBytes else {
            return detail.isWiped ? "wiped: retention.quarantine is over" : "not kept"
        }
        let size = OrderWords.counted(bytes, "byte")
        return value == nil ? "\(size), sealed; --reveal --reason 'why' shows it" : size
    }

    var json: String {
        JSONWriter.object { writer in
            writer.members(of: detail.entry)
            writer.member("sha256", detail.entry.rawSHA256.hex)
            if let bytes = detail.rawBytes { writer.member("bytes", bytes) }
            writer.member("wiped", detail.isWiped)
            guard let value else { return }
            if let text = String(validating: value, as: UTF8.self) {
                writer.member("value", text)
            } else {
                writer.member("value_base64", Base64.text(of: value))
            }
        }
    }
}
