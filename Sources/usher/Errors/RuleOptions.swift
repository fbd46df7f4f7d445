import CashierClient
import SessionCore
import Settings
import Spelling
import Terminal

/// The options that describe a rule of the error table, the same for `set` and for `test`. Pure.
enum RuleOptions {
    static let options: [CommandOption] = [
        .value(
            "code",
            "CODE",
            "the `status` in the Cashier's answer, such as 417; or negative (any below 0), none (no answer of the "
                + "Cashier's, needs --http-status), unlisted (every code that no rule names)."
        ),
        .value("text", "PATTERN", "only with these words in the description: `limit exceed* | too many`."),
        .value("http-status", "N", "only with this HTTP status."),
        .value("class", "CLASS", "what it means: \(classes)."),
        .value("message", "TEXT", "for the CRM's developers: what it means and what to change."),
        .value("name", "WORD", "the code that results carry instead of the number, such as limit_exceeded."),
        .flag("means-not-found", "with class declined: a look-up answered so does not know the order."),
        .value("wait", "SPAN", "for what is tried again: the bound of the first wait, which doubles each time."),
        .value("wait-cap", "SPAN", "for what is tried again: the longest wait."),
        .value("attempts-max", "N", "for what is tried again: attempts of a job in all."),
    ]

    private static var classes: String {
        ErrorClass.allCases.map(\.rawValue).joined(separator: ", ")
    }

    /// The rule that the options describe. Throws `UsageError` that names the option.
    static func requiredRule(_ invocation: Invocation) throws(UsageError) -> ErrorRule {
        let (kind, status) = try code(invocation)
        let row = ErrorRuleRow(
            ruleID: "",
            statusKind: kind.rawValue,
            status: status,
            text: invocation.value("text") ?? "",
            httpStatus: try invocation.integer("http-status", in: 200...599),
            errorClass: try errorClass(invocation).rawValue,
            name: invocation.value("name"),
            message: try required("message", "a sentence for the CRM's developers", invocation),
            meansNotFound: invocation.flag("means-not-found"),
            retry: RetryRule(
                firstWait: try invocation.span("wait"),
                waitCap: try invocation.span("wait-cap"),
                attemptsMax: try invocation.integer("attempts-max", in: 1...1_000)
            )
        )
        do throws(ErrorRuleFault) {
            var rule = try ErrorRule(row)
            rule.id = id(of: row)
            return rule
        } catch {
            let option = error.part.split(separator: "_").joined(separator: "-")
            throw UsageError(path: invocation.path, message: "--\(option) \(error.advice)")
        }
    }

    private static func code(
        _ invocation: Invocation
    ) throws(UsageError) -> (ErrorRuleRow.StatusKind, Int64?) {
        let text = try required("code", "which answer it is about", invocation)
        if let number = Int64(text) { return (.exactly, number) }
        let words = ErrorRuleRow.StatusKind.allCases.filter { $0 != .exactly }.map(\.rawValue)
        if let kind = ErrorRuleRow.StatusKind(rawValue: text), kind != .exactly { return (kind, nil) }
        let near = nearestWord(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
        let message = "--code must be a number such as 417, or one of \(words.joined(separator: ", "))\(near)"
        throw UsageError(path: invocation.path, message: message)
    }

    private static func errorClass(_ invocation: Invocation) throws(UsageError) -> ErrorClass {
        let text = try required("class", "one of \(classes)", invocation)
        if let known = ErrorClass(rawValue: text) { return known }
        let near = nearestWord(to: text, among: ErrorClass.allCases.map(\.rawValue))
        let question = near.map { "; did you mean \($0)?" } ?? ""
        throw UsageError(path: invocation.path, message: "--class must be one of \(classes)\(question)")
    }

    static func required(
        _ name: String,
        _ what: String,
        _ invocation: Invocation
    ) throws(UsageError) -> String {
        guard let text = invocation.value(name), text.contains(where: { $0 != " " }) else {
            throw UsageError(path: invocation.path, message: "--\(name) is needed: \(what)")
        }
        return text
    }

    /// `set-417`, `set-400-too-many`, `set-none-http-404`.
    private static func id(of row: ErrorRuleRow) -> String {
        var id = "set-\(row.status.map { String($0) } ?? row.statusKind)"
        let words = row.text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
        let slug = words.prefix(3).joined(separator: "-").prefix(24)
        if !slug.isEmpty { id += "-\(slug)" }
        if let httpStatus = row.httpStatus { id += "-http-\(httpStatus)" }
        return id
    }
}
