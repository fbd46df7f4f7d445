import SessionCore
import Testing

@testable import Worker

@Suite("Calls in line")
struct CallLineTests {
    private func call(_ number: Int64, _ lane: Lane, sendBy: Duration = .seconds(15)) -> AccountGuards.QueuedCall {
        let job = AccountGuardsTests.job(number, lane: lane)
        return .init(call: CashierCall(kind: .open, job: job, markedAt: Timestamp(seconds: 1)), sendBy: sendBy)
    }

    private func numbers(_ calls: [AccountGuards.QueuedCall]) -> [Int64] {
        calls.map(\.call.job.lease.jobID)
    }

    @Test("agents go first, each kind in its order")
    func agentsFirst() {
        var line = CallLine()
        line.append([call(1, .campaign), call(2, .replay), call(3, .interactive), call(4, .interactive)])
        #expect(line.count(before: .interactive) == 2)
        #expect(line.count(before: .campaign) == 4)
        #expect(numbers(line.takeFirst(3)) == [3, 4, 1])
        #expect(numbers(line.takeFirst(3)) == [2])
    }

    @Test("an account that takes one call at a time and always has an agent's makes one in eight of the others")
    func nothingStandsStill() {
        var line = CallLine()
        line.append([call(1, .campaign), call(2, .campaign)])
        var taken: [Int64] = []
        for number in Int64(0)..<17 {
            line.append([call(100 + number, .interactive)])
            taken += numbers(line.takeFirst(1))
        }
        #expect(taken.enumerated().filter { $1 < 100 }.map(\.offset) == [7, 15])
    }

    @Test("agents that come when nobody waits are owed to nobody")
    func nobodyWaits() {
        var line = CallLine()
        for number in Int64(0)..<20 {
            line.append([call(100 + number, .interactive)])
            _ = line.takeFirst(1)
        }
        line.append([call(1, .campaign), call(200, .interactive)])
        #expect(numbers(line.takeFirst(1)) == [200])
    }

    @Test("what waited too long leaves the line, of either kind")
    func overdue() {
        var line = CallLine()
        line.append([
            call(1, .campaign, sendBy: .seconds(1)), call(2, .campaign, sendBy: .seconds(3)),
            call(3, .interactive, sendBy: .seconds(1)), call(4, .interactive, sendBy: .seconds(2)),
        ])
        #expect(line.takeOverdue(at: .seconds(1)).isEmpty)
        #expect(numbers(line.takeOverdue(at: .seconds(2))) == [3, 1])
        #expect(numbers(line.takeFirst(9)) == [4, 2])
    }
}
