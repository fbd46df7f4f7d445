import SessionCore
import Testing

@Suite("Backoff")
struct BackoffTests {
    private let backoff = Backoff(base: .milliseconds(500), cap: .seconds(30))

    @Test(
        "the bound doubles up to the cap",
        arguments: [(1, 500), (2, 1_000), (3, 2_000), (6, 16_000), (7, 30_000), (64, 30_000), (10_000, 30_000)]
    )
    func boundDoubles(attempt: Int, milliseconds: Int64) {
        #expect(backoff.bound(afterAttempt: attempt) == .milliseconds(milliseconds))
    }

    @Test("the jitter is full: delays fill the range from zero to the bound evenly")
    func jitterIsFull() {
        var random = SeededGenerator(seed: 7)
        var tenths = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let delay = backoff.delay(afterAttempt: 3, using: &random)
            #expect(delay >= .zero && delay <= .seconds(2))
            tenths[min(9, Int(delay.wholeMicroseconds / 200_000))] += 1
        }
        #expect(tenths.allSatisfy { (850...1_150).contains($0) }, "uneven: \(tenths)")
    }
}
