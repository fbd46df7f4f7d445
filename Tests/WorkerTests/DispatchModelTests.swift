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

    @Test("an account of one lane takes no room from another's in another lane", arguments: [(1, 4), (16, 16)])
    func lanesOfTheirOwn(slow: Int, fast: Int) {
        var model = DispatchModel([
            "slow": .init(reply: .seconds(3), concurrency: slow, backlog: [.campaign: Self.endless]),
            "fast": .init(reply: .milliseconds(50), concurrency: fast, backlog: [.replay: Self.endless]),
        ])
        model.run(for: .seconds(10))
        let before = model.answered("fast", .replay)
        model.run(for: .seconds(10))
        let answered = model.answered("fast", .replay) - before
        #expect(answered > 160 * fast, "\(answered) of \(200 * fast)")
    }

    @Test("a backlog of one account's agents leaves another account's campaign its pace")
    func agentsOfAnother() {
        var model = DispatchModel([
            "agents": .init(reply: .milliseconds(100), concurrency: 2, backlog: [.interactive: Self.endless]),
            "campaign": .init(reply: .milliseconds(100), concurrency: 2, backlog: [.campaign: Self.endless]),
        ])
        model.run(for: .seconds(5))
        let before = model.answered("campaign", .campaign)
        model.run(for: .seconds(10))
        let answered = model.answered("campaign", .campaign) - before
        #expect(answered > 160, "\(answered) of 200")
        #expect(model.answered("agents", .interactive) > 240, "of 300")
    }

    @Test("a lane that was empty is looked at again though only one job at a time has room")
    func emptyLane() {
        var model = DispatchModel([
            "main": .init(reply: .milliseconds(300), concurrency: 1, backlog: [.campaign: Self.endless])
        ])
        model.run(for: .seconds(2))
        // Their time has come, or another worker has stored them: this one was told nothing.
        model.accounts["main"]?.backlog[.replay] = 10
        model.run(for: .seconds(30))
        #expect(model.begun("main", .replay) == 10)
        #expect(model.answered("main", .campaign) > 80, "of 106")
    }

    @Test("nor does a lane wait for ever that waited for an account's room, when that account stays without")
    func laneOfAFullAccount() {
        var model = DispatchModel([
            "full": .init(reply: .seconds(3_000), concurrency: 1, backlog: [.campaign: Self.endless]),
            "main": .init(reply: .milliseconds(300), concurrency: 1, backlog: [.replay: Self.endless]),
        ])
        model.run(for: .seconds(2))
        model.accounts["main"]?.backlog[.campaign] = 10
        model.run(for: .seconds(30))
        #expect(model.begun("main", .campaign) == 10)
        #expect(model.answered("main", .replay) > 80, "of 106")
    }
}
