import CashierClient
import SessionCore
import Terminal

/// The error table in force, as `usher account errors list` prints it. Pure.
struct ErrorListReport {
    let stored: StoredErrorTable
    let unlisted: [UnlistedCode]
    /// Of the one account asked for, or of all.
    let accounts: [String]
    let isOneAccount: Bool

    init(stored: StoredErrorTable, unlisted: [UnlistedCode], accounts: [String], isOneAccount: Bool) {
        var stored = stored
        if isOneAccount { stored.overrides = stored.overrides.filter { accounts.contains($0.account) } }
        self.stored = stored
        self.unlisted = unlisted
        self.accounts = accounts
        self.isOneAccount = isOneAccount
    }

    private var tables: [String: ErrorTable] {
        Dictionary(uniqueKeysWithValues: accounts.map { ($0, stored.table(of: $0).table) })
    }

    private var faults: [ErrorRuleFault] {
        var faults: [ErrorRuleFault] = []
        for account in accounts { faults += stored.table(of: account).faults.filter { !faults.contains($0) } }
        return faults
    }

    func lines(width: Int?) -> [String] {
        var lines = ["Set by operators, tried first, the newest first:"]
        lines += stored.overrides.isEmpty ? ["  none"] : overrides.lines(width: width)
        lines += ["", "Standard rules, tried next, in this order:"] + standard.lines(width: width)
        lines += ["", "Every other code above 0: " + defaults.joined(separator: "; ")]
        lines += ["  but 408, 425, 429 and 500 to 599, which gateways write too: unknown"]
        lines += ["", "Codes that came and were not listed:"]
        lines += unlisted.isEmpty ? ["  none"] : seen.lines(width: width)
        for fault in faults { lines += ["", "NOT IN FORCE: \(printable(fault.description))"] }
        return lines
    }

    private var overrides: TextTable {
        var columns = Self.columns
        columns.insert(.init("ACCOUNT"), at: 1)
        columns += [.init("SET BY"), .init("WHEN"), .init("REASON", isFlexible: true)]
        var table = TextTable(columns)
        for set in stored.overrides {
            var row = Self.cells(set.rule)
            row.insert(set.account, at: 1)
            table.add(row + [set.actor, set.setAt.dayAndTime, set.reason])
        }
        return table
    }

    private var standard: TextTable {
        var table = TextTable(Self.columns)
        for rule in stored.standard where rule.statusKind != ErrorRuleRow.StatusKind.unlisted.rawValue {
            table.add(Self.cells(rule))
        }
        return table
    }

    private static let columns: [TextTable.Column] = [
        .init("RULE"), .init("CODE", .right), .init("HTTP", .right), .init("TEXT", isFlexible: true), .init("CLASS"),
        .init("AS"), .init("MESSAGE", isFlexible: true),
    ]

    private static func cells(_ rule: ErrorRuleRow) -> [String] {
        [
            rule.ruleID, rule.status.map { String($0) } ?? rule.statusKind, rule.httpStatus.map { String($0) } ?? "",
            rule.text, ([rule.errorClass] + retryWords(rule.retry)).joined(separator: ", "), rule.name ?? "",
            rule.message,
        ]
    }

    static func retryWords(_ retry: RetryRule) -> [String] {
        var words: [String] = []
        if let wait = retry.firstWait { words.append("wait \(wait.inWords)") }
        if let cap = retry.waitCap { words.append("to \(cap.inWords)") }
        if let attempts = retry.attemptsMax { words.append("\(attempts) attempts") }
        return words
    }

    /// `declined`, or with the accounts where that was changed.
    private var defaults: [String] {
        let common = stored.table(of: "").table.unlisted.errorClass
        let own = tables.sorted { $0.key < $1.key }.filter { $0.value.unlisted.errorClass != common }
        if isOneAccount { return [tables.values.first?.unlisted.errorClass.rawValue ?? common.rawValue] }
        return [common.rawValue] + own.map { "\($0.value.unlisted.errorClass.rawValue) for \($0.key)" }
    }

    private var seen: TextTable {
        var table = TextTable([
            .init("ACCOUNT"), .init("CODE", .right), .init("HTTP", .right), .init("COUNT", .right), .init("FIRST"),
            .init("LAST"), .init("NOW"), .init("LAST TEXT", isFlexible: true),
        ])
        let tables = self.tables
        for code in unlisted {
            table.add([
                code.key.account, code.key.code, String(code.key.httpStatus), grouped(Int(clamping: code.count)),
                code.firstSeen.dayAndTime, code.lastSeen.dayAndTime,
                tables[code.key.account].map { Self.now(code, $0) } ?? "account gone", code.lastText,
            ])
        }
        return table
    }

    /// What the table makes of it now.
    private static func now(_ code: UnlistedCode, _ table: ErrorTable) -> String {
        let judgement = table.judge(
            status: Int64(code.key.code),
            text: Array(code.lastText.utf8),
            httpStatus: code.key.httpStatus,
            kind: .open
        )
        return judgement.isUnlisted ? judgement.outcome.verdict : "\(judgement.rule?.id ?? "-")"
    }

    var json: String {
        let tables = self.tables
        return JSONWriter.object { writer in
            writer.member("revision", stored.revision)
            writer.member("overrides", array: stored.overrides) { writer, set in writer.members(of: set) }
            writer.member("standard", array: stored.standard) { writer, rule in writer.members(of: rule) }
            writer.member("unlisted", array: unlisted) { writer, code in
                writer.member("account", code.key.account)
                writer.member("code", code.key.code)
                writer.member("http_status", code.key.httpStatus)
                writer.member("count", code.count)
                writer.member("first_seen", code.firstSeen)
                writer.member("last_seen", code.lastSeen)
                writer.member("last_text", code.lastText)
                writer.member("now", tables[code.key.account].map { Self.now(code, $0) })
            }
            writer.member("not_in_force", array: faults) { writer, fault in writer.members(of: fault) }
        }
    }
}

extension StoredErrorTable {
    /// The table that holds for an account, and the rows that cannot be used.
    func table(of account: String) -> (table: ErrorTable, faults: [ErrorRuleFault]) {
        ErrorTable.read(standard: standard, overrides: overrides.filter { $0.account == account }.map(\.rule))
    }
}
