import SessionCore
import Testing

@Suite("Concurrency limit")
struct ConcurrencyLimitTests {
    @Test("it doubles with each round of good answers, up to its bound")
    func doubles() {
        var limit = ConcurrencyLimit(policy: .init(min: 1, max: 100, start: 16))
        var rounds: [Int] = []
        for _ in 0..<5 {
            rounds.append(limit.current)
            for _ in 0..<limit.current { limit.answered() }
        }
        #expect(rounds == [16, 32, 64, 100, 100])
    }

    @Test("overload halves it, once for all answers of the same moment; from then on it comes back by one a round")
    func overload() {
        var limit = ConcurrencyLimit(policy: .init(min: 1, max: 64, start: 64))
        #expect(limit.overloaded(at: .seconds(10)) == true)
        #expect(limit.overloaded(at: .seconds(10) + .milliseconds(999)) == false)
        #expect(limit.current == 32)
        #expect(limit.overloaded(at: .seconds(11)) == true)
        #expect(limit.current == 16)
        for _ in 0..<16 { limit.answered() }
        #expect(limit.current == 17)
        for _ in 0..<16 { limit.answered() }
        #expect(limit.current == 17)
        limit.answered()
        #expect(limit.current == 18)
    }

    @Test("it stays within its bounds, whatever happens")
    func bounds() {
        var random = SeededGenerator(seed: 11)
        var limit = ConcurrencyLimit(policy: .init(min: 3, max: 40, start: 1_000))
        #expect(limit.current == 40)
        var uptime = Duration.zero
        var seen: Set<Int> = []
        for _ in 0..<20_000 {
            uptime += .milliseconds(Int64.random(in: 0...400, using: &random))
            switch Int.random(in: 0...60, using: &random) {
            case 0: _ = limit.overloaded(at: uptime)
            case 1: limit.restart()
            default: limit.answered()
            }
            #expect((3...40).contains(limit.current))
            seen.insert(limit.current)
        }
        #expect(seen.contains(3) && seen.contains(40))
    }

    @Test("after a hold it begins as at first, and where it was lower it stays there")
    func restart() {
        var limit = ConcurrencyLimit(policy: .init(min: 1, max: 64, start: 8))
        for _ in 0..<56 { limit.answered() }
        #expect(limit.current == 64)
        limit.restart()
        #expect(limit.current == 8)
        for step in 0..<3 { _ = limit.overloaded(at: .seconds(step * 2)) }
        #expect(limit.current == 1)
        limit.restart()
        #expect(limit.current == 1)
        limit.answered()
        #expect(limit.current == 2)
    }
}
