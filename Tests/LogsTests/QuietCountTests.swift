import Logs
import Testing

@Suite("Quiet count")
struct QuietCountTests {
    @Test("each matter is told once an interval, with how often it happened since")
    func once() {
        let counts = QuietCount(interval: .seconds(60))
        let start = ContinuousClock.now
        func told(_ matter: String, at seconds: Int) -> Int? {
            counts.happened(matter, now: start + .seconds(seconds))
        }
        #expect(told("main echo", at: 0) == 1)
        #expect(told("main echo", at: 1) == nil)
        #expect(told("main echo", at: 59) == nil)
        #expect(told("main url", at: 59) == 1, "another matter")
        #expect(told("main echo", at: 60) == 3)
        #expect(told("main echo", at: 61) == nil)
        #expect(told("main echo", at: 500) == 2)
    }
}
