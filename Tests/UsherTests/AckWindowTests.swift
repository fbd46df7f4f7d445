import Testing

@testable import usher

@Suite("Which lines are acknowledged")
struct AckWindowTests {
    @Test("The first that is not moves only over what is acknowledged, in any order")
    func order() {
        var window = AckWindow()
        let first = window.send(lines: [1, 3, 4])
        #expect(window.firstUnacknowledged == 1)
        window.acknowledge(first + 1, failure: nil)
        #expect(window.firstUnacknowledged == 1)
        window.acknowledge(first, failure: nil)
        #expect(window.firstUnacknowledged == 4)
        window.acknowledge(first + 2, failure: nil)
        #expect(window.firstUnacknowledged == nil)
        #expect(window.acknowledged == 3)
        #expect(window.inFlight == 0)
    }

    @Test("A record that failed holds the line, and what comes after it is counted all the same")
    func failure() {
        var window = AckWindow()
        let first = window.send(lines: [10, 11, 12])
        window.acknowledge(first + 1, failure: "gone")
        window.acknowledge(first, failure: nil)
        window.acknowledge(first + 2, failure: nil)
        #expect(window.firstUnacknowledged == 11)
        #expect(window.failures == ["gone": 1])
        #expect(window.acknowledged == 2)
        #expect(window.inFlight == 0)
    }

    @Test("An acknowledgement that comes twice counts once")
    func twice() {
        var window = AckWindow()
        let first = window.send(lines: [1, 2])
        window.acknowledge(first, failure: nil)
        window.acknowledge(first, failure: nil)
        #expect(window.acknowledged == 1)
        #expect(window.firstUnacknowledged == 2)
    }

    @Test("Numbers stay right while what is done with is forgotten")
    func long() {
        var window = AckWindow()
        var line = 0
        var open: [Int64] = []
        for _ in 0..<100 {
            let lines = (0..<500).map { _ in
                line += 2
                return line
            }
            let first = window.send(lines: lines)
            open.append(contentsOf: first..<first + 500)
            // All but the last ten, the newest first.
            for number in open.dropLast(10).reversed() { window.acknowledge(number, failure: nil) }
            open = Array(open.suffix(10))
            #expect(window.firstUnacknowledged == line - 2 * 9)
            #expect(window.inFlight == 10)
        }
        for number in open { window.acknowledge(number, failure: nil) }
        #expect(window.acknowledged == 50_000)
        #expect(window.firstUnacknowledged == nil)
    }
}
