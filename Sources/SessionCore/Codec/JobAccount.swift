/// An account's rules in a form that every job of it can share.
final class JobAccount: Sendable {
    let rules: AccountRules
    /// Every code that a job of the account may have.
    let currencies: Set<String>

    init(rules: AccountRules) {
        self.rules = rules
        let known = Set(Currencies.codes).union(rules.extraCurrencies.keys).subtracting(rules.refusedCurrencies)
        currencies = rules.currencies.map { known.intersection($0) } ?? known
    }
}
