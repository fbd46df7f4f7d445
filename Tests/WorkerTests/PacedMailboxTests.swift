import SessionCore
import Testing

@testable import Worker

@Suite("A mailbox with a pace")
struct PacedMailboxTests {
    private let clock = WorkerClock(wall: Timestamp(seconds: 1_000_000))
    /// Nobody who is made to wait so long ends within a test.
    private static let never = Duration.seconds(3_600)

    @Test("what comes after a rest is taken at once, and a batch after a full one as well")
    func atOnce() async {
        let mailbox = PacedMailbox<Int>(pace: StepPace(interval: Self.never, full: 2))
        mailbox.send(contentsOf: [1, 2])
        #expect(await mailbox.takeAll(clock) == [1, 2])
        mailbox.send(contentsOf: [3, 4, 5])
        #expect(await mailbox.takeAll(clock) == [3, 4, 5])
    }

    @Test("takers share the pace: what comes while one is at work gathers until the interval is over")
    func gathers() async {
        let interval = Duration.milliseconds(50)
        let mailbox = PacedMailbox<Int>(pace: StepPace(interval: interval, full: 10))
        let began = clock.uptime
        mailbox.send(contentsOf: [1])
        #expect(await mailbox.takeAll(clock) == [1])
        mailbox.send(contentsOf: [2])
        mailbox.send(contentsOf: [3])
        mailbox.finish()
        async let second = mailbox.takeAll(clock)
        async let third = mailbox.takeAll(clock)
        // Which of the two is first is not known.
        let one = await [second, third].first { $0 != nil }
        #expect(one == [2, 3])
        #expect(clock.uptime - began >= interval)
    }

    @Test("once it is finished, every taker is told, after what was there was taken")
    func finishes() async {
        let mailbox = PacedMailbox<Int>(pace: StepPace(interval: .zero))
        mailbox.send(contentsOf: [1])
        mailbox.finish()
        mailbox.send(contentsOf: [2])
        #expect(await mailbox.takeAll(clock) == [1])
        async let second = mailbox.takeAll(clock)
        async let third = mailbox.takeAll(clock)
        let both = await [second, third]
        #expect(both == [nil, nil])
    }
}
