import SessionCore

/// Callbacks: taken from control requests, made when they are sent, judged when they are answered.
extension SimulatedCashier {
    // MARK: Taking

    /// `POST /_control/callbacks`: the body is a callback, or `{"callbacks": […], "shuffle": SEED}`.
    mutating func queueCallbacks(_ body: [UInt8]) throws(ControlError) -> [Int] {
        let limits = JSONLimits(size: 1024 * 1024, depth: 16, keys: 100_000)
        guard let document = try? JSONTree.read(body, limits: limits) else {
            throw ControlError("the body is a JSON object such as {\"order\":\"o-17\",\"status\":\"approved\"}")
        }
        var specs: [CallbackSpec] = []
        if case .array(let list)? = document["callbacks"] {
            for element in list { specs.append(try CallbackSpec(element)) }
            if let shuffle = document["shuffle"] {
                guard let seed = shuffle.integer else { throw ControlError("shuffle is a whole number, a seed") }
                Self.shuffle(&specs, seed: UInt64(bitPattern: seed))
            }
        } else {
            specs = [try CallbackSpec(document)]
        }
        let total = specs.reduce(callbacks.records.count) { $0 + $1.copies }
        guard total <= configuration.callbacksMax else {
            throw ControlError("more than \(configuration.callbacksMax) callbacks: POST /reset first")
        }
        var orders: [Int?] = []
        for spec in specs { orders.append(try order(of: spec)) }
        return zip(specs, orders).flatMap { spec, order in queue(spec, order) }
    }

    /// The order that a callback is about; nil for a replay.
    private func order(of spec: CallbackSpec) throws(ControlError) -> Int? {
        if let replay = spec.replay {
            guard callbacks.holds(replay) else { throw ControlError("replay: there is no callback \(replay)") }
            return nil
        }
        let known = configuration.accounts.indices.lazy.compactMap { ledger.index(account: $0, id: spec.order) }
        guard let order = known.first(where: { ledger.orders[$0].sessions > 0 }) else {
            throw ControlError("the order \(spec.order) has no session")
        }
        return order
    }

    private mutating func queue(_ spec: CallbackSpec, _ order: Int?) -> [Int] {
        var transaction: ProviderTransaction?
        if let order, !spec.isExpiry {
            transaction = self.transaction(for: spec, order)
            if spec.kind == .notification, spec.forgery == nil, let transaction {
                change(.transaction(order: order, transaction))
                if let status = ProviderTransaction.sessionStatus(after: transaction.status) {
                    change(.status(order: order, status))
                }
            }
        } else if let order, spec.forgery == nil {
            change(.status(order: order, .expired))
        }
        return (0..<spec.copies).map { _ in
            let id = callbacks.add(spec, order: order, transaction)
            callbacks.queue(.record(id), after: spec.delay, lane: order ?? id)
            return id
        }
    }

    private static func shuffle(_ specs: inout [CallbackSpec], seed: UInt64) {
        var dice = Dice(seed: seed, subject: 0, call: 0)
        for index in specs.indices.dropFirst().reversed() {
            specs.swapAt(index, Int(dice.next() % UInt64(index + 1)))
        }
    }

    /// The attempt that a callback tells of: the order's own values with what the request replaces.
    private mutating func transaction(for spec: CallbackSpec, _ order: Int) -> ProviderTransaction {
        let echo = ledger.echo(order)
        let tid: Int64
        switch (spec.tid, transactions[order]?.last?.tid) {
        case (.given(let given), _): tid = given
        case (.latest, let latest?): tid = latest
        case (.latest, nil), (.new, _):
            tid = Int64(CallbackList.firstTID + transactionCount)
            change(.totalled(.transactions, by: 1))
        }
        var transaction = ProviderTransaction(tid: tid, status: spec.status)
        func value(_ name: String, _ otherwise: String?) -> String? {
            spec.overrides[name].map { $0.signed } ?? otherwise
        }
        transaction.currency = value("currency", echo.currency)
        transaction.amount = value("amount", echo.amount)
        // What is not processed yet has no rate and no processed amount.
        let isProcessed = !["initialized", "pending", "requested"].contains(spec.status)
        transaction.rate = value("conversion_rate", isProcessed ? "1.000000" : nil)
        transaction.processedCurrency = value("processed_currency", isProcessed ? transaction.currency : nil)
        let processed = isProcessed ? Self.processed(transaction) : nil
        transaction.processedAmount = value("processed_amount", processed)
        return transaction
    }

    /// The amount in minor units of the processed currency, by the rate; digits after its last are cut.
    private static func processed(_ transaction: ProviderTransaction) -> String? {
        guard let amount = transaction.amount.flatMap({ Int64($0) }), let currency = transaction.currency,
            let target = transaction.processedCurrency, let millionths = millionths(transaction.rate)
        else { return transaction.amount }
        var value = amount.multipliedReportingOverflow(by: millionths)
        let shift = KnownCodes.decimals(target) - KnownCodes.decimals(currency)
        for _ in 0..<max(0, shift) where !value.overflow {
            value = value.partialValue.multipliedReportingOverflow(by: 10)
        }
        guard !value.overflow else { return transaction.amount }
        let divisor = (0..<max(0, -shift)).reduce(Int64(1_000_000)) { product, _ in product * 10 }
        return String(value.partialValue / divisor)
    }

    /// `1.085000` in millionths.
    private static func millionths(_ rate: String?) -> Int64? {
        guard let parts = rate?.split(separator: ".", omittingEmptySubsequences: false), (1...2).contains(parts.count),
            let whole = Int64(parts[0]), (0...1_000_000_000).contains(whole)
        else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000 }
        let digits = (parts[1] + "000000").prefix(6)
        return Int64(digits).map { whole * 1_000_000 + $0 }
    }

    // MARK: Sending

    /// Sees to it that the end of the session is told if nobody has paid by then.
    mutating func queueExpiryNotice(_ order: Int, now: Timestamp) {
        let subject = CallbackTicket.Subject.expiry(order: order, serial: ledger.orders[order].serial)
        callbacks.queue(subject, after: configuration.personality.sessionLifetime, lane: order)
    }

    /// The bytes of a callback whose time has come; nil if there is nothing to send any more.
    mutating func prepare(_ ticket: CallbackTicket, now: Timestamp) -> (id: Int, post: CallbackPost)? {
        guard ticket.epoch == callbacks.epoch else { return nil }
        let id: Int
        switch ticket.subject {
        case .record(let known): id = known
        case .expiry(let order, let serial):
            guard ledger.orders[order].serial == serial, sessionStatus(order, at: now) == .expired,
                callbacks.records.count < configuration.callbacksMax
            else { return nil }
            var spec = CallbackSpec()
            spec.order = ledger.id(order)
            spec.status = "expired"
            change(.status(order: order, .expired))
            id = callbacks.add(spec, order: order, nil)
        }
        guard let post = callbacks[id].post ?? post(callbacks[id], now: now) else { return nil }
        callbacks[id].post = post
        callbacks[id].attempts += 1
        callbacks[id].sentAt = now.microseconds
        return (id, post)
    }

    private func post(_ record: CallbackRecord, now: Timestamp) -> CallbackPost? {
        let timeout = configuration.personality.callbackTimeout
        if let replay = record.spec.replay {
            var post = callbacks[replay].post
            post?.timeout = timeout
            if let url = record.spec.url { post?.url = url }
            return post
        }
        guard let order = record.order else { return nil }
        let urls = ledger.urls(order)
        let own = record.spec.kind == .notification ? urls.notification : urls.validation
        let status = record.spec.isExpiry ? SessionStatus.expired : sessionStatus(order, at: now)
        var objects = objects(of: order, status: record.spec.sessionStatus ?? status.rawValue)
        var timestamp = providerTime(now)
        switch record.spec.forgery {
        case .order: objects.orderID += "-foreign"
        case .cid: objects.echo.cid = (objects.echo.cid ?? "") + "-other"
        case .stale: timestamp = timestamp.advanced(by: .seconds(-3600))
        case .future: timestamp = timestamp.advanced(by: .seconds(3600))
        case .secret, .signature, .unsigned, .tampered, .merchant, .broken, nil: break
        }
        let body = CallbackBody(
            account: configuration.accounts[Int(ledger.orders[order].account)],
            objects: objects,
            transaction: record.transaction,
            kind: record.spec.kind,
            timestamp: timestamp,
            forgery: record.spec.forgery
        )
        return CallbackPost(
            url: record.spec.url ?? WebTarget.rebased(own ?? "", on: configuration.callbackBase),
            body: body.bytes,
            signature: body.signature,
            timeout: timeout
        )
    }

    /// Takes the answer to a callback; a notification without acknowledgement is queued again.
    mutating func finish(_ id: Int, epoch: Int, _ result: Result<CallbackReply, CallbackFailure>) {
        guard epoch == callbacks.epoch else { return }
        let record = callbacks[id]
        let account = record.order.map { Int(ledger.orders[$0].account) } ?? 0
        let verdict =
            switch result {
            case .success(let reply): CallbackVerdict(reply, secret: configuration.accounts[account].secret)
            case .failure(let failure): CallbackVerdict.noAnswer(failure.reason)
            }
        callbacks[id].verdict = verdict
        let personality = configuration.personality
        let isRepeated =
            record.spec.kind == .notification && record.spec.replay == nil && record.spec.forgery == nil
            && verdict.isRepeated(personality) && record.attempts <= personality.repeats
        callbacks[id].isWaiting = isRepeated
        guard isRepeated else { return }
        if personality.repetition == .anew { callbacks[id].post = nil }
        callbacks.queue(.record(id), after: personality.repeatAfter, lane: record.order ?? id)
    }
}
