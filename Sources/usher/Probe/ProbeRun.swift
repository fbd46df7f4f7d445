import CashierClient
import SessionCore

/// Asks the questions of a plan, one after the other, and keeps what came back. It decides nothing.
struct ProbeRun {
    /// Why no further question makes sense.
    enum Ending: Equatable, Sendable {
        case complete
        case stopped
        /// The provider cannot be reached.
        case unreachable(ProbeReply)
        /// It refuses the account, so every further question would get the same answer.
        case refused(ProbeReply)
    }

    let plan: ProbePlan
    let prober: CashierProber
    let requests: ProbeRequests
    /// This machine's clock.
    let now: @Sendable () -> Timestamp
    let isStopped: @Sendable () -> Bool
    /// Told before each question, with its place among those that are asked.
    let tell: (ProbeQuestion, Int) -> Void

    private(set) var record = ProbeRecord()
    private var current = ProbeQuestion.sameOrder
    /// What the provider's clock shows more.
    private var clockDifference = Duration.zero
    private var end: Ending?

    init(
        plan: ProbePlan,
        prober: CashierProber,
        requests: ProbeRequests,
        now: @escaping @Sendable () -> Timestamp,
        isStopped: @escaping @Sendable () -> Bool,
        tell: @escaping (ProbeQuestion, Int) -> Void
    ) {
        self.plan = plan
        self.prober = prober
        self.requests = requests
        self.now = now
        self.isStopped = isStopped
        self.tell = tell
    }

    mutating func run() async -> Ending {
        record.canLookUp = prober.canLookUp
        for question in plan.questions { record.skipped[question] = plan.obstacle(to: question) }
        for (place, question) in plan.asked.enumerated() {
            if isStopped() { end = .stopped }
            if end != nil { break }
            current = question
            tell(question, place)
            if place == 0 { await greet() }
            guard end == nil else { break }
            await ask(question)
            record.asked.insert(question)
        }
        return end ?? .complete
    }

    private mutating func ask(_ question: ProbeQuestion) async {
        switch question {
        case .sameOrder: await askSameOrder()
        case .afterExpiry: await askAfterExpiry()
        case .timestamps: await askTimestamps()
        case .replay: await askReplay()
        case .lostReply: await askLostReply()
        case .lookUps: await askLookUps()
        case .lengths: await askLengths()
        case .errors: await askErrors()
        case .signatures: await askSignatures()
        case .ambiguity: await askAmbiguity()
        }
    }

    // MARK: Sending

    /// The moment that requests are signed with: at least a second behind the provider's clock.
    private var timestamp: Int64 { now().seconds + ProbeClock.secondsBelow(clockDifference) - 1 }

    /// A look-up of an order that nobody has: the provider's clock becomes known, and whether anybody is there.
    private mutating func greet() async {
        let call: ProbeCall
        if prober.canLookUp {
            call = requests.lookUp(requests.orderID("none"), timestamp: timestamp)
        } else {
            var broken = requests.open(requests.orderID("none"), timestamp: timestamp)
            broken.body = [UInt8(ascii: "{")]
            call = broken
        }
        let reply = await prober.send(call)
        guard reply.httpStatus != nil else { return end = .unreachable(reply) }
        clockDifference = reply.clockDifference ?? .zero
        if prober.canLookUp, reply.refusal == .configFault, !plan.isReadOnly { return }
        if reply.refusal == .configFault { end = .refused(reply) }
    }

    private mutating func take(_ reply: ProbeReply, _ call: ProbeCall, _ step: ProbeStep, after: Duration = .zero) {
        record.add(reply, to: step, after: after)
        guard case .open(let request) = call.expectation else { return }
        if reply.hasSession {
            note(reply.orderID ?? request.value.orderID)
        } else if reply.refusal?.leavesOpen ?? true, !reply.isNotUnique {
            note(request.value.orderID, isCertain: false)
        }
        if reply.refusal == .configFault, !hasOpened, step != .wrongSignature, step != .brokenBody {
            end = .refused(reply)
        } else if reply.httpStatus == nil, !hasOpened {
            end = .unreachable(reply)
        }
    }

    private var hasOpened: Bool { record.sessions.contains(where: \.isCertain) }

    private mutating func note(_ orderID: String, isCertain: Bool = true) {
        let session = ProbedSession(question: current, orderID: orderID, openedAt: now(), isCertain: isCertain)
        record.sessions.append(session)
    }

    private mutating func send(_ call: ProbeCall, _ step: ProbeStep, after: Duration = .zero) async {
        guard end == nil else { return }
        take(await prober.send(call), call, step, after: after)
    }

    private mutating func sendAtOnce(_ calls: [ProbeCall], _ step: ProbeStep) async {
        guard end == nil else { return }
        let prober = prober
        let replies = await withTaskGroup(of: (Int, ProbeReply).self) { group in
            for (place, call) in calls.enumerated() {
                group.addTask { (place, await prober.send(call)) }
            }
            var replies: [(Int, ProbeReply)] = []
            for await reply in group { replies.append(reply) }
            return replies.sorted { $0.0 < $1.0 }
        }
        for (place, reply) in replies { take(reply, calls[place], step) }
    }

    /// Waits in slices, so that a stop signal is heeded.
    private mutating func wait(until moment: ContinuousClock.Instant) async {
        let clock = ContinuousClock()
        while clock.now < moment, end == nil {
            if isStopped() { return end = .stopped }
            // Nothing cancels this task, so it only ends late, never early.
            try? await clock.sleep(until: min(moment, clock.now.advanced(by: .milliseconds(500))))
        }
    }

    /// Looks an order up at the plan's moments until it is found or refused.
    private mutating func watch(_ orderID: String, _ step: ProbeStep, from start: ContinuousClock.Instant) async {
        for moment in plan.lookUpMoments {
            await wait(until: start.advanced(by: moment))
            let asked = start.duration(to: .now)
            let after: Duration = asked < .milliseconds(900) ? .zero : asked
            await send(requests.lookUp(orderID, timestamp: timestamp), step, after: after)
            guard end == nil, let reply = record.replies(step).last, reply.isNotFound else { return }
        }
    }
}

// MARK: - Questions

extension ProbeRun {
    private mutating func askSameOrder() async {
        for _ in 0..<2 { await send(requests.open(requests.orderID("1a"), timestamp: timestamp), .twice) }
        let moment = timestamp
        let orderID = requests.orderID("1b")
        await sendAtOnce((0..<10).map { _ in requests.open(orderID, timestamp: moment) }, .atOnce)
    }

    private mutating func askAfterExpiry() async {
        let orderID = requests.orderID("2")
        await send(requests.open(orderID, timestamp: timestamp), .expiring)
        await wait(until: .now.advanced(by: plan.lifetime + plan.lifetimeMargin))
        if prober.canLookUp { await send(requests.lookUp(orderID, timestamp: timestamp), .expired) }
        await send(requests.open(orderID, timestamp: timestamp), .afterExpiry)
    }

    /// Older and older until one is refused: what matters is from when on a request is dead.
    private mutating func askTimestamps() async {
        if plan.isReadOnly, !prober.canLookUp {
            return record.skipped[.timestamps] = "it opens sessions where orders cannot be looked up"
        }
        await sendShifted(61)
        for age in [61, 120, 300, 600] as [Int64] {
            await sendShifted(-age)
            let isRefused = record.replies(.shifted(-age)).last?.code == AnswerCode.timestamp
            if end != nil || (isRefused && age >= 120) { return }
        }
    }

    private mutating func sendShifted(_ shift: Int64) async {
        let moment = now().seconds + ProbeClock.wholeSeconds(clockDifference) + shift
        let orderID = requests.orderID("3-\(shift < 0 ? "minus" : "plus")\(abs(shift))")
        let call =
            plan.isReadOnly
            ? requests.lookUp(orderID, timestamp: moment) : requests.open(orderID, timestamp: moment)
        await send(call, .shifted(shift))
    }

    private mutating func askReplay() async {
        let call = requests.open(requests.orderID("4"), timestamp: timestamp)
        await send(call, .replay)
        await send(call, .replay)
    }

    private mutating func askLostReply() async {
        guard prober.canLookUp else { return record.skipped[.lostReply] = "the account has no find_order_endpoint" }
        let orderID = requests.orderID("5")
        let start = ContinuousClock.now
        record.isHungUp = await prober.sendAndHangUp(requests.open(orderID, timestamp: timestamp))
        await watch(orderID, .lostLookUp, from: start)
        note(orderID, isCertain: record.replies(.lostLookUp).contains { $0.sight != nil })
    }

    private mutating func askLookUps() async {
        guard prober.canLookUp else { return record.skipped[.lookUps] = "the account has no find_order_endpoint" }
        await send(requests.lookUp(requests.orderID("none"), timestamp: timestamp), .unknownOrder)
        if let order = plan.expiredOrder {
            await send(requests.lookUp(order, timestamp: timestamp), .expiredOrder)
        }
        if let order = plan.paidOrder { await send(requests.lookUp(order, timestamp: timestamp), .paidOrder) }
        guard !plan.isReadOnly else { return }
        let orderID = requests.orderID("6")
        let start = ContinuousClock.now
        await send(requests.open(orderID, timestamp: timestamp), .openingForLookUp)
        guard record.replies(.openingForLookUp).last?.hasSession == true else { return }
        await watch(orderID, .openOrder, from: start)
        guard plan.isLocal, plan.paidOrder == nil else { return }
        let paid = requests.orderID("6p")
        await send(requests.openPaid(paid, timestamp: timestamp), .openingForLookUp)
        await send(requests.lookUp(paid, timestamp: timestamp), .paidOrder)
    }

    private mutating func askLengths() async {
        await send(requests.longOrder(timestamp: timestamp), .longOrder)
        await send(requests.wideAgent(timestamp: timestamp), .wideAgent)
    }

    private mutating func askErrors() async {
        var forged = requests.open(requests.orderID("8"), timestamp: timestamp)
        forged.signature = String(repeating: "0", count: 96)
        await send(forged, .wrongSignature)
        var broken = requests.open(requests.orderID("8"), timestamp: timestamp)
        broken.body = Array("{\"order_id\":".utf8)
        await send(broken, .brokenBody)
        guard prober.canLookUp else { return }
        let moment = timestamp
        let calls = (0..<plan.burst).map { requests.lookUp(requests.orderID("8-\($0)"), timestamp: moment) }
        await sendAtOnce(calls, .burst)
    }

    /// Every reply of the probe is looked at; one session is opened where no other question did.
    private mutating func askSignatures() async {
        guard !plan.isReadOnly, !hasOpened else { return }
        await send(requests.open(requests.orderID("9"), timestamp: timestamp), .signed)
    }

    private mutating func askAmbiguity() async {
        let calls = requests.ambiguous(timestamp: timestamp)
        await send(calls.first, .ambiguous)
        await send(calls.second, .ambiguous)
    }
}
