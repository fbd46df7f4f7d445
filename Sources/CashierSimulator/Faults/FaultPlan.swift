/// Which faults happen and how often; written as text like `503=5%,hang=0.5%,late=0.5%@8s,latency=200ms`.
package struct FaultPlan: Equatable, Sendable {
    /// One fault and its share of the calls.
    package struct Item: Equatable, Sendable {
        package var fault: Fault
        /// 1 % is 10,000.
        package var partsPerMillion: Int

        package init(_ fault: Fault, partsPerMillion: Int) {
            self.fault = fault
            self.partsPerMillion = partsPerMillion
        }
    }

    /// Which calls the faults are for; latency is for both.
    package enum Scope: String, CaseIterable, Sendable {
        case all
        case open
        case lookup
    }

    /// At most one happens in a call; their shares add up to 100 % at most.
    package var items: [Item] = []
    package var latency: Latency?
    package var scope = Scope.all
    /// 5xx, 333, 999, negative codes, HTML pages and empty answers open the session in half of the cases.
    package var isOpenedHalf = false

    /// No faults and no latency.
    package init() {}

    /// The fault of a call, if it has one.
    func draw(isLookup: Bool, _ dice: inout Dice) -> DrawnFault? {
        // Drawn in any case, so that a change of the scope leaves the other calls' numbers as they were.
        var part = dice.partsPerMillion()
        let isSecondHalf = dice.next() & 1 == 1
        guard scope == .all || (scope == .lookup) == isLookup else { return nil }
        for item in items {
            guard part >= item.partsPerMillion else { return resolved(item.fault, isSecondHalf) }
            part -= item.partsPerMillion
        }
        return nil
    }

    private func resolved(_ fault: Fault, _ isSecondHalf: Bool) -> DrawnFault {
        switch fault.truth {
        case .notOpened: DrawnFault(fault: fault, isOpened: false)
        case .notOpenedUnlessHalf: DrawnFault(fault: fault, isOpened: isOpenedHalf && isSecondHalf)
        case .opened: DrawnFault(fault: fault, isOpened: true)
        case .half: DrawnFault(fault: isSecondHalf ? .resetAfter : .resetBefore, isOpened: isSecondHalf)
        }
    }
}
