import PostgresStore
import SessionCore
import Terminal

/// How accounts do, as `usher account status` prints it. Pure.
struct AccountStatusReport {
    let states: [AccountState]
    /// Those of the accounts that neither these settings have nor a worker that lives.
    var unserved: Set<String> = []

    /// Whether all of them are worked for.
    var areAllWell: Bool {
        unserved.isEmpty && states.allSatisfy { $0.holds.isEmpty && !isLeftAlone($0) }
    }

    /// Whether jobs of it are due that no worker sends.
    private func isLeftAlone(_ state: AccountState) -> Bool {
        state.due > 0 && state.reports.isEmpty
    }

    var lines: [String] {
        let width = states.map(\.account.utf8.count).max() ?? 0
        return states.flatMap { state in
            let name = printable(state.account) + String(repeating: " ", count: width - state.account.utf8.count)
            let holds = state.holds.flatMap { hold($0, state) } + release(state)
            return ["\(name)  \(word(state))  \(waiting(state))"]
                + (holds + parked(state) + workers(state)).map { "  \($0)" }
        }
    }

    private func word(_ state: AccountState) -> String {
        if unserved.contains(state.account) { return "UNKNOWN" }
        return state.holds.isEmpty ? "open" : "HELD"
    }

    private func waiting(_ state: AccountState) -> String {
        guard state.waiting > 0 else { return "nothing waits" }
        let count = counted(state.waiting, isCut: state.isWaitingCut)
        let jobs = "\(count) \(state.waiting == 1 ? "job waits" : "jobs wait")"
        // What was not counted may be due or not.
        guard state.due < state.waiting || state.isWaitingCut else { return "\(jobs), due now" }
        return "\(jobs), \(counted(state.due, isCut: state.isDueCut)) due now"
    }

    private func counted(_ count: Int, isCut: Bool) -> String {
        isCut ? "\(grouped(count)) or more" : grouped(count)
    }

    private func hold(_ hold: AccountHold, _ state: AccountState) -> [String] {
        let since = "since \(hold.heldAt.timeAndDistance(from: state.now))"
        let reason = printable(hold.reason)
        switch hold.kind {
        case .byOperator: return ["by \(printable(hold.actor ?? "an operator")) \(since): \(reason)"]
        case .fault: return ["fault \(code(hold)), \(since): \(reason)", trial(hold, state)]
        case .maintenance: return ["maintenance \(code(hold)), \(since): \(reason)", trial(hold, state)]
        case .delay:
            let until = hold.until.map { $0.timeAndDistance(from: state.now) } ?? "further notice"
            return ["delay \(code(hold)), until \(until): \(reason)"]
        }
    }

    private func code(_ hold: AccountHold) -> String {
        printable(hold.code ?? "")
    }

    private func trial(_ hold: AccountHold, _ state: AccountState) -> String {
        let ends = "the first that goes well ends it"
        guard let trialAt = hold.trialAt, trialAt > state.now else {
            return "a trial call is due as soon as a job is; \(ends)"
        }
        return "the next trial call is due at \(trialAt.timeAndDistance(from: state.now)); \(ends)"
    }

    private func release(_ state: AccountState) -> [String] {
        guard !state.holds.isEmpty, !unserved.contains(state.account) else { return [] }
        let line = "release it by hand: usher account release \(ShellWord.quoted(state.account)) --reason 'why'"
        guard let holder = state.holds.first(where: { $0.kind == .byOperator })?.actor else { return [line] }
        return [line, "that is for \(printable(holder)); anybody else adds --also-operator, after asking them"]
    }

    private func parked(_ state: AccountState) -> [String] {
        guard state.parked > 0 else { return [] }
        let orders = OrderWords.parked(state.parked, isCut: state.isParkedCut)
        return ["\(orders): \(OrderWords.howToDecide(account: state.account))"]
    }

    private func workers(_ state: AccountState) -> [String] {
        guard !unserved.contains(state.account) else {
            return [
                "not in these settings, and no worker that runs has it: none of its jobs is sent",
                "put it back under accounts as it was, or start a worker that has it",
            ]
        }
        guard !state.reports.isEmpty else {
            let none = "no worker that runs has it"
            return [
                isLeftAlone(state)
                    ? "\(none): none of its jobs is sent; start `usher run`, and see `usher doctor`"
                    : "\(none); see `usher doctor`"
            ]
        }
        return state.reports.map { worker in
            let report = worker.report
            var parts = [
                "\(report.inFlight) of \(report.concurrency) calls in flight (at most \(report.concurrencyMax))",
                "breaker \(report.breaker)",
            ]
            if let difference = report.clockDifference { parts.append(clock(difference)) }
            if report.clockAdjustment != .zero { parts.append(signing(report.clockAdjustment)) }
            if let refusedAt = report.lookUpRefusedAt {
                parts.append("look-ups refused since \(refusedAt.timeAndDistance(from: state.now))")
            }
            return "\(printable(worker.worker)): \(parts.joined(separator: ", "))"
        }
    }

    private func clock(_ difference: Duration) -> String {
        guard difference.wholeMilliseconds.magnitude >= 1_000 else { return "the Cashier's clock agrees" }
        return "the Cashier's clock \(difference.inWords) \(difference < .zero ? "behind" : "ahead")"
    }

    private func signing(_ adjustment: Duration) -> String {
        "signs \(adjustment.inWords) \(adjustment < .zero ? "earlier" : "later") for it"
    }
}

// For scripts.
extension AccountStatusReport {
    var json: String {
        JSONWriter.object { writer in
            writer.member("accounts", array: states) { writer, state in
                writer.member("account", state.account)
                writer.member("held", !state.holds.isEmpty)
                writer.member("unserved", unserved.contains(state.account))
                writer.member("has_worker", !state.reports.isEmpty)
                writer.member("waiting", state.waiting)
                writer.member("waiting_is_cut", state.isWaitingCut)
                writer.member("due", state.due)
                writer.member("due_is_cut", state.isDueCut)
                writer.member("parked", state.parked)
                writer.member("parked_is_cut", state.isParkedCut)
                writer.member("holds", array: state.holds) { writer, hold in
                    writer.member("kind", hold.kind.rawValue)
                    writer.member("code", hold.code)
                    writer.member("reason", hold.reason)
                    writer.member("held_at", hold.heldAt)
                    writer.member("until", hold.until)
                    writer.member("trial_at", hold.trialAt)
                    writer.member("actor", hold.actor)
                }
                writer.member("workers", array: state.reports) { writer, worker in
                    writer.member("worker", worker.worker)
                    writer.member("reported_at", worker.at)
                    writer.member("in_flight", worker.report.inFlight)
                    writer.member("concurrency", worker.report.concurrency)
                    writer.member("concurrency_max", worker.report.concurrencyMax)
                    writer.member("breaker", worker.report.breaker)
                    if let difference = worker.report.clockDifference {
                        writer.member("clock_difference_ms", Int(difference.wholeMilliseconds))
                    }
                    writer.member("clock_adjustment_ms", Int(worker.report.clockAdjustment.wholeMilliseconds))
                    writer.member("look_up_refused_at", worker.report.lookUpRefusedAt)
                }
            }
        }
    }
}
