import CashierClient
import SessionCore
import Terminal

/// What `usher account probe` tells at its end. Pure.
struct ProbeReport: Sendable {
    let account: String
    let host: String
    let ending: ProbeRun.Ending
    let record: ProbeRecord
    let facts: ProbeFacts
    let profile: ProviderProfile
    let explanations: [ProbeExplanation]
    /// Where the profile was written; nil when it was not.
    var file: String?

    init(account: String, host: String, plan: ProbePlan, ending: ProbeRun.Ending, record: ProbeRecord) {
        self.account = account
        self.host = host
        self.ending = ending
        self.record = record
        let facts = ProbeFacts(record)
        let profile = ProviderProfile(facts)
        self.facts = facts
        self.profile = profile
        explanations = plan.questions.map { ProbeExplanation($0, record, facts, profile) }
    }

    /// 0 only when every question that was asked got an answer, and nothing stands in the way.
    var exitCode: ExitCode {
        switch ending {
        case .stopped: return .interrupted
        case .unreachable: return .unavailable
        case .refused: return .noPermission
        case .complete: break
        }
        let isClear = explanations.allSatisfy { $0.state != .unclear }
        return isClear && profile.problems.isEmpty ? .success : .failure
    }

    // MARK: Text

    /// `width` columns a line.
    func text(width: Int) -> String {
        var lines: [String] = []
        for explanation in explanations {
            lines.append("\(explanation.question.rawValue)  \(explanation.question.title)")
            if explanation.state == .skipped {
                lines += Self.item("not asked", explanation.came, width)
            } else {
                lines += Self.item("came", explanation.came, width) + Self.item("means", explanation.means, width)
            }
            for setting in explanation.settings {
                lines += Self.item("setting", "\(setting.key): \(setting.value)", width)
            }
            lines.append("")
        }
        lines += endingLines(width) + verdict(width) + sessionLines
        if let file {
            lines += [
                "", "Written to \(file). To use it:",
                "  accounts: {\(account): {provider_file: \(Self.installed(file))}}",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// Settings name files by absolute paths.
    private static func installed(_ path: String) -> String {
        path.hasPrefix("/") ? path : "/etc/usher/" + (path.split(separator: "/").last.map(String.init) ?? path)
    }

    private func verdict(_ width: Int) -> [String] {
        var lines: [String] = []
        if let providerClass = profile.providerClass {
            lines += Self.wrapped("Class \(providerClass.rawValue): \(providerClass.meaning).", width, indent: "  ")
        } else {
            lines.append("The class is not known: ask questions 1 and 6.")
        }
        for problem in profile.problems { lines += Self.wrapped("Problem: \(problem).", width, indent: "  ") }
        for advice in profile.advice { lines += Self.wrapped("Worth knowing: \(advice).", width, indent: "  ") }
        return lines
    }

    private func endingLines(_ width: Int) -> [String] {
        switch ending {
        case .complete: []
        case .stopped: ["Stopped before the end.", ""]
        case .unreachable(let reply):
            Self.wrapped("The provider cannot be reached: \(reply.message) (\(reply.code)).", width, indent: "  ") + [
                ""
            ]
        case .refused(let reply):
            Self.wrapped(
                "The provider refuses the account, so nothing more was asked: \(reply.message)",
                width,
                indent: "  "
            )
                + [""]
        }
    }

    private var sessionLines: [String] {
        let lines =
            orders(
                record.sessions.filter(\.isCertain),
                "Opened, and left to expire (answers with a session, by order):"
            )
            + orders(record.sessions.filter { !$0.isCertain }, "Perhaps opened: the answer was lost, or does not tell:")
        return lines.isEmpty ? ["", "No session was opened."] : lines
    }

    private func orders(_ sessions: [ProbedSession], _ title: String) -> [String] {
        var orders: [(id: String, count: Int)] = []
        for session in sessions {
            if let place = orders.firstIndex(where: { $0.id == session.orderID }) {
                orders[place].count += 1
            } else {
                orders.append((session.orderID, 1))
            }
        }
        guard !orders.isEmpty else { return [] }
        return ["", title] + orders.map { "  \($0.id)\($0.count > 1 ? "  \($0.count) times" : "")" }
    }

    private static func item(_ name: String, _ text: String, _ width: Int) -> [String] {
        let label = name + String(repeating: " ", count: max(1, 10 - name.count))
        return wrapped("   \(label)\(text)", width, indent: String(repeating: " ", count: 13))
    }

    /// Breaks at spaces; what has none stays whole. Blanks at the beginning are kept.
    static func wrapped(_ text: String, _ width: Int, indent: String) -> [String] {
        var lines: [String] = []
        var line = String(text.prefix { $0 == " " })
        var isEmpty = true
        // The label is followed by more than one blank, which is kept.
        for word in text.drop(while: { $0 == " " }).split(separator: " ", omittingEmptySubsequences: false) {
            if !isEmpty, !word.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = indent + word
            } else {
                line += (isEmpty ? "" : " ") + word
            }
            isEmpty = false
        }
        return lines + [line]
    }

    // MARK: JSON

    var json: String {
        JSONWriter.object { writer in
            writer.member("account", account)
            writer.member("host", host)
            writer.member("ending", endingWord)
            writer.member("class", profile.providerClass?.rawValue)
            writer.member("questions", array: explanations) { writer, explanation in
                writer.member("number", explanation.question.rawValue)
                writer.member("question", explanation.question.title)
                writer.member("asked", explanation.question.asked)
                writer.member("state", explanation.state.rawValue)
                writer.member("came", explanation.came)
                writer.member("means", explanation.means)
                writer.member("settings", array: explanation.settings, object: Self.write)
            }
            writer.member("settings", array: profile.settings, object: Self.write)
            writer.member("problems", array: profile.problems) { writer, text in writer.member("text", text) }
            writer.member("advice", array: profile.advice) { writer, text in writer.member("text", text) }
            writer.member("sessions", array: record.sessions) { writer, session in
                writer.member("order_id", session.orderID)
                writer.member("question", session.question.rawValue)
                writer.member("opened_at", session.openedAt)
                writer.member("certain", session.isCertain)
            }
            writer.member("file", file)
        }
    }

    private var endingWord: String {
        switch ending {
        case .complete: "complete"
        case .stopped: "stopped"
        case .unreachable: "unreachable"
        case .refused: "refused"
        }
    }

    private static func write(_ writer: inout JSONWriter, _ setting: ProviderProfile.Setting) {
        writer.member("key", setting.key)
        writer.member("value", setting.value)
        writer.member("reason", setting.reason)
    }
}
