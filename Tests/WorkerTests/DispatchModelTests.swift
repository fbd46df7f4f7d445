import SessionCore
import Testing

@testable import Worker

/// How slots are shared over seconds, between accounts and between lanes.
@Suite("Slots over time")
struct DispatchModelTests {
    private static let endless = DispatchModel.endless

    @Test("a fast account goes on at its pace beside a slow one, also after it has been silent for a moment")
    func slowBesideFast() {
        var model = DispatchModel([
            "fast": .init(reply: .milliseconds(50), concurrency: 100, backlog: [.campaign: Self.endless]),
            "slow": .init(reply: .seconds(3), concurrency: 16, backlog: [.campaign: Self.endless]),
        ])
        model.run(for: .seconds(4))
        model.silence("fast", for: .milliseconds(200))
        let before = model.answered("fast", .campaign)
        model.run(for: .seconds(10))
        let answered = model.answered("fast", .campaign) - before
        #expect(answered > 19_000, "\(answered) of 2,000 a second")
        #expect(model.waiting("slow") <= 16, "as many as it answers at once")
    }

    @Test(
        "all lanes have their shares though slots come free one by one and another account is idle",
        arguments: [16, 200]
    )
    func sharesOverTime(concurrency: Int) {
        var model = DispatchModel([
            "main": .init(
                reply: .milliseconds(50),
                spread: .milliseconds(100),
                concurrency: concurrency,
                backlog: [.interactive: Self.endless, .campaign: Self.endless, .replay: Self.endless]
            ),
            "idle": .init(reply: .milliseconds(50), concurrency: 100),
        ])
        model.run(for: .seconds(5))
        let before = Lane.allCases.map { model.answered("main", $0) }
        model.run(for: .seconds(15))
        let counts = zip(Lane.allCases, before).map { model.answered("main", $0) - $1 }
        let total = counts.reduce(0, +)
        for (count, weight) in zip(counts, [8, 3, 1]) {
            #expect(abs(Double(count * 12) / Double(total) - Double(weight)) < 0.3, "\(counts)")
        }
    }

    @Test("agents are called next when a provider becomes slow that has a campaign in line")
    func agentsPastALine() {
        var model = DispatchModel([
            "main": .init(reply: .milliseconds(50), concurrency: 200, backlog: [.campaign: Self.endless])
        ])
        model.run(for: .seconds(2))
        model.accounts["main"]?.reply = .seconds(5)
        model.run(for: .seconds(1))
        #expect(model.waiting("main") > 100)
        model.store(5, .interactive, of: "main")
        model.run(for: .milliseconds(4_500))
        #expect(model.begun("main", .interactive) == 5, "with the first calls that end")
    }
}
