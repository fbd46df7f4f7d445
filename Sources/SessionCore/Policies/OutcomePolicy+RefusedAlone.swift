extension OutcomePolicy {
    /// What becomes of a job that is refused as a wrong account would be, while the provider takes the account's other
    /// orders: the refusal is of this order. It is sent again until its attempts or time are used up, and then ends
    /// with the provider's code.
    ///
    /// - Parameter now: database time.
    package func refusedAlone(
        _ job: ClaimedJob,
        _ answer: CashierAnswer,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Verdict {
        let verdict = again(job, after: rules.slow, by: answer.retry, now, outcome: "config_fault", &random).verdict
        guard case .ended(let state, _) = verdict else { return verdict }
        let error = ResultError(
            code: answer.code,
            errorClass: ErrorClass.configFault.rawValue,
            message: "the Cashier refuses this order as it would a wrong account, and takes others: \(answer.message)"
        )
        return .ended(state, error)
    }
}
