import BlockingThreads

/// A mailbox whose takers go one after another at the pace of a step: while one is busy with its batch the next may
/// take what has gathered, but no sooner than the pace allows.
struct PacedMailbox<Element: Sendable>: Sendable {
    private let mailbox = Mailbox<Element>()
    /// Holds one value unless a taker waits for elements: the last batch.
    private let turn = Mailbox<StepPace.Batch?>()
    private let pace: StepPace

    init(pace: StepPace) {
        self.pace = pace
        turn.send(nil)
    }

    func send(contentsOf elements: [Element]) {
        mailbox.send(contentsOf: elements)
    }

    /// Waits until there are elements and it is time for them, and returns them all; nil once the mailbox is finished
    /// and empty.
    func takeAll(_ clock: WorkerClock) async -> [Element]? {
        guard let last = await turn.takeAll()?.first else { return nil }
        if let last { await clock.rest(for: pace.rest(after: last, now: clock.uptime)) }
        let taken = await mailbox.takeAll()
        turn.send(taken.map { StepPace.Batch(began: clock.uptime, count: $0.count) })
        return taken
    }

    /// What has gathered and was not taken yet; it stays.
    var gathered: [Element] {
        mailbox.gathered
    }

    /// No more elements: the takers are told after what is there was taken.
    func finish() {
        mailbox.finish()
    }
}
