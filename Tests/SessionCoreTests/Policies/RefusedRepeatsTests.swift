import SessionCore
import Testing

@Suite("Refused repeats")
struct RefusedRepeatsTests {
    @Test("they come again one after another, as there are tokens; the first soon, and after a rest as well")
    func oneAfterAnother() {
        var refused = RefusedRepeats()
        func pauses(_ count: Int, at uptime: Duration, _ tokensPerSecond: Double) -> [Duration] {
            (0..<count).map { _ in refused.pause(at: uptime, tokensPerSecond: tokensPerSecond) }
        }
        #expect(pauses(3, at: .seconds(10), 1) == [.seconds(2), .seconds(3), .seconds(4)])
        #expect(pauses(2, at: .seconds(11), 10) == [.milliseconds(3_100), .milliseconds(3_200)])
        #expect(pauses(2, at: .seconds(60), 1) == [.seconds(2), .seconds(3)])
    }

    @Test("nobody waits longer than the longest pause; those without a token within it are spread over it evenly")
    func longestPause() {
        var refused = RefusedRepeats()
        let pauses = (0..<10_300).map { _ in refused.pause(at: .zero, tokensPerSecond: 1) }
        #expect(pauses.allSatisfy { (RefusedRepeats.shortest...RefusedRepeats.longest).contains($0) })
        var seconds = [Int](repeating: 0, count: 301)
        for pause in pauses.dropFirst(300) { seconds[Int(pause.wholeMilliseconds / 1_000)] += 1 }
        // 10,000 over 298 seconds.
        #expect(seconds[2..<300].allSatisfy { (28...39).contains($0) }, "\(seconds)")
    }

    @Test("20,000 repeats with a token a second are asked again 150 times a second at most, and not 10,000 times")
    func boundedWork() {
        var refused = RefusedRepeats()
        var budget = RetryBudget(ratio: 0.1, burst: 20, tricklePerSecond: 1)
        var due: [Int: Int] = [0: 20_000]
        var asked: [Int] = []
        for second in 0..<900 {
            let uptime = Duration.seconds(second)
            let count = due.removeValue(forKey: second) ?? 0
            asked.append(count)
            for _ in 0..<count where !budget.withdraw(at: uptime) {
                let pause = refused.pause(at: uptime, tokensPerSecond: budget.tokensPerSecond)
                due[second + Int(pause.wholeMilliseconds / 1_000), default: 0] += 1
            }
        }
        #expect(asked.dropFirst(300).reduce(0, +) / 600 < 150)
        #expect(asked.dropFirst(1).allSatisfy { $0 < 400 })
        #expect(20_000 - due.values.reduce(0, +) > 800, "each token is used")
    }
}
