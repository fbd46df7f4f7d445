import SessionCore

extension SimulatedCashier {
    /// Changes the state, and notes the change for the state file.
    mutating func change(_ change: StateChange) {
        journal?.add(change)
        apply(change)
    }

    mutating func count(_ counts: StateChange.Counts, _ name: String) {
        change(.counted(counts, name, by: 1))
    }

    /// The line for the state file of what has changed since the last call; empty without one.
    mutating func takeJournalLine() -> [UInt8] {
        journal?.takeLine() ?? []
    }

    /// The number of an order, known from now on; nil when the ledger is full.
    mutating func orderNumber(account: Int, id: String) -> Int? {
        let before = ledger.orders.count
        let number = ledger.indexAdding(account: account, id: id)
        if ledger.orders.count > before { journal?.add(.order(account: account, id: id)) }
        return number
    }

    private mutating func apply(_ change: StateChange) {
        switch change {
        case .order(let account, let id): _ = ledger.indexAdding(account: account, id: id)
        case .called(let order, let isLookup): ledger.countCall(order, isLookup: isLookup)
        case .counted(.requests, let name, let number): statistics.requests[name, default: 0] += number
        case .counted(.answers, let name, let number): statistics.answers[name, default: 0] += number
        case .counted(.faults, let name, let number): statistics.faults[name, default: 0] += number
        case .totalled(.sessionsAgain, let number): statistics.sessionsAgain += number
        case .totalled(.signatureFailures, let number): statistics.signatureFailures += number
        case .totalled(.unnamedCalls, let number): unnamedCalls += UInt64(number)
        case .totalled(.transactions, let number): transactionCount += number
        case .accepted(let order, let echo, let urls, let at, let fault):
            ledger.accept(order, echo: echo, urls: urls, at: at, fault: fault)
            transactions[order] = nil
        case .noted(let kind, let order, let at, let fault): ledger.note(kind, order, at: at, fault: fault)
        case .scriptSpent(let order): ledger.spendScript(order)
        case .status(let order, let status): ledger.setStatus(status, order)
        case .transaction(let order, let transaction): keep(transaction, order)
        case .personality(let personality): configuration.personality = personality
        case .faults(let plan, let seed):
            self.plan = plan
            self.seed = seed
        case .reset: forgetAll()
        case .orderSnapshot(let order): _ = ledger.restore(order)
        case .eventSnapshot(let event): ledger.restore(event)
        case .ledger(let sessions, let dropped): ledger.restore(sessionsOpened: sessions, eventsDropped: dropped)
        }
    }

    private mutating func keep(_ transaction: ProviderTransaction, _ order: Int) {
        var known = transactions[order] ?? []
        if let index = known.firstIndex(where: { $0.tid == transaction.tid }) {
            known[index] = transaction
        } else {
            known.append(transaction)
        }
        transactions[order] = known
    }

    // MARK: From and to a file

    /// Applies a change that a state file has; false if it names an order or account that is not there.
    mutating func restore(_ change: StateChange) -> Bool {
        let orders = ledger.orders.indices
        let isPossible: Bool
        switch change {
        case .order(let account, _): isPossible = configuration.accounts.indices.contains(account) && !ledger.isFull
        case .orderSnapshot(let order):
            isPossible = configuration.accounts.indices.contains(order.account) && !ledger.isFull
        case .called(let order, _), .accepted(let order, _, _, _, _), .noted(_, let order, _, _),
            .scriptSpent(let order), .status(let order, _), .transaction(let order, _):
            isPossible = orders.contains(order)
        case .eventSnapshot(let event): isPossible = orders.contains(event.order)
        case .counted, .totalled, .personality, .faults, .reset, .ledger: isPossible = true
        }
        if isPossible { apply(change) }
        return isPossible
    }

    /// The whole state as changes, for a compacted file; `each` is given one after the other.
    func writeSnapshot(_ each: (StateChange) throws -> Void) rethrows {
        try each(.personality(configuration.personality))
        try each(.faults(plan, seed: seed))
        for number in ledger.orders.indices {
            try each(.orderSnapshot(ledger.snapshot(number)))
            for transaction in transactions[number] ?? [] {
                try each(.transaction(order: number, transaction))
            }
        }
        for event in ledger.events { try each(.eventSnapshot(ledger.snapshot(event))) }
        try each(.ledger(sessionsOpened: ledger.sessionsOpened, eventsDropped: ledger.eventsDropped))
        let counts: [(StateChange.Counts, [String: Int])] = [
            (.requests, statistics.requests), (.answers, statistics.answers), (.faults, statistics.faults),
        ]
        for (kind, numbers) in counts {
            for (name, number) in numbers { try each(.counted(kind, name, by: number)) }
        }
        try each(.totalled(.sessionsAgain, by: statistics.sessionsAgain))
        try each(.totalled(.signatureFailures, by: statistics.signatureFailures))
        try each(.totalled(.unnamedCalls, by: Int(clamping: unnamedCalls)))
        try each(.totalled(.transactions, by: transactionCount))
    }
}
