import SessionCore
import Testing

@testable import PostgresStore

/// The decisions that need no database.
struct DecisionTests {
    @Test(arguments: [
        (PostgresFailure.lost("x"), 1, FailureAnswer.reconnect),
        (.lost("x"), 2, .fail(.unavailable("x"), dropsConnection: true)),
        (.unreachable("x"), 1, .fail(.unavailable("x"), dropsConnection: true)),
        (.server(sqlState: "40P01", message: "m"), 1, .again(after: .milliseconds(10))),
        (.server(sqlState: "40001", message: "m"), 5, .again(after: .milliseconds(160))),
        (
            .server(sqlState: "40001", message: "m"), 6,
            .fail(.notNow("m (40001, tried 6 times)"), dropsConnection: false)
        ),
        (
            .server(sqlState: "55P03", message: "m"), 6,
            .fail(.notNow("m (55P03, tried 6 times)"), dropsConnection: false)
        ),
        (.server(sqlState: "25006", message: "m"), 1, .fail(.notNow("m (25006)"), dropsConnection: true)),
        (.server(sqlState: "57014", message: "m"), 1, .fail(.notNow("m (57014)"), dropsConnection: true)),
        (.server(sqlState: "58030", message: "m"), 1, .fail(.notNow("m (58030)"), dropsConnection: true)),
        (.server(sqlState: "57P01", message: "m"), 1, .fail(.unavailable("m (57P01)"), dropsConnection: true)),
        (.server(sqlState: "53100", message: "m"), 1, .fail(.notNow("m (53100)"), dropsConnection: false)),
        (.server(sqlState: "23514", message: "m"), 1, .fail(.refused(sqlState: "23514", "m"), dropsConnection: false)),
        (.shape("s"), 1, .fail(.refused(sqlState: "XX000", "s"), dropsConnection: false)),
    ])
    func aFailureIsAnswered(failure: PostgresFailure, tries: Int, answer: FailureAnswer) {
        #expect(FailureAnswer(to: failure, tries: tries) == answer)
    }

    /// A server that panics at the end of a full disk says 53100, and may have written the commit.
    @Test(arguments: [("53100", false), ("57P01", false), ("57014", false), ("40001", true), ("23514", true)])
    func anAnswerToACommitIsCertainOnlyWhereItIsAboutTheTransaction(_ sqlState: String, _ isCertain: Bool) {
        let failure = PostgresFailure.server(sqlState: sqlState, message: "m")
        #expect(failure.ofCommit == (isCertain ? failure : .lost("m (\(sqlState), in answer to the commit)")))
        #expect(PostgresFailure.lost("x").ofCommit == .lost("x"))
    }

    @Test func theBackoffGrowsToItsCapAndEndsWithSuccess() {
        let now = ContinuousClock.now
        var backoff = ConnectionBackoff()
        #expect(backoff.wait(at: now) == .zero)
        var waits: [Duration] = []
        for _ in 0..<8 {
            backoff.failed(at: now, jitter: 0)
            waits.append(backoff.wait(at: now))
        }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
        backoff.failed(at: now, jitter: 1)
        #expect(backoff.wait(at: now) == .milliseconds(2_500))
        #expect(backoff.wait(at: now + .seconds(3)) == .zero)
        backoff.succeeded()
        #expect(backoff.wait(at: now) == .zero)
    }

    @Test func aCountIsKeptInProportionToItsCost() {
        let start = ContinuousClock.now
        var count = BacklogCount()
        #expect(count.isDue(at: start))
        count.counted(["jobs": 5], from: start, to: start + .milliseconds(100))
        #expect(count.jobsByTopic == ["jobs": 5])
        #expect(!count.isDue(at: start + .seconds(5)))
        #expect(count.isDue(at: start + .seconds(6)))
        count.counted(["jobs": 5], from: start, to: start)
        #expect(!count.isDue(at: start + .milliseconds(999)))
        #expect(count.isDue(at: start + .seconds(1)))
    }

    @Test func aCountThatFailedIsNotRepeatedSoonerThanOneThatDidNotAndLeavesTheLast() {
        let start = ContinuousClock.now
        let failure = StoreError.refused(sqlState: "57014", "canceling statement due to statement timeout")
        var count = BacklogCount()
        count.counted(["jobs": 5], from: start, to: start)
        count.failed(failure, from: start, to: start + .seconds(15))
        #expect(count.jobsByTopic == ["jobs": 5])
        #expect(count.failure == failure)
        #expect(!count.isDue(at: start + .seconds(764)))
        #expect(count.isDue(at: start + .seconds(765)))
        count.counted(["jobs": 6], from: start, to: start)
        #expect(count.failure == nil)
    }

    @Test func aDoubtIsKeptUntilItIsResolvedOrNothingCanComeOfIt() {
        let now = ContinuousClock.now
        let ids: [Int64] = [1, 2, 3]
        var doubts = Doubts()
        doubts.add(ids, at: now)
        #expect(Set(doubts.current(at: now, limit: 10)) == Set(ids))
        #expect(doubts.current(at: now, limit: 2).count == 2)
        doubts.remove([ids[0]])
        #expect(Set(doubts.current(at: now + .seconds(299), limit: 10)) == Set(ids.dropFirst()))
        #expect(doubts.current(at: now + .seconds(300), limit: 10).isEmpty)
    }

    @Test func aStepStartsOnlyWhereTheStateMachineAllowsIt() {
        let result = EncodedResult(
            resultID: ResultID(bytes: Array(repeating: 0, count: 16)),
            orderID: "o",
            generation: 1,
            outcome: .opened,
            value: []
        )
        #expect(SettledStep.release(after: .zero).fromStates == [.ready, .sending, .verify])
        #expect(SettledStep.retry(after: .zero).fromStates == [.sending, .verify])
        #expect(SettledStep.verify(after: .zero).fromStates == [.sending, .verify])
        #expect(SettledStep.park.fromStates == [.sending, .verify])
        #expect(SettledStep.finish(.opened, result: result, expiresAt: nil).fromStates == [.sending, .verify])
        #expect(SettledStep.finish(.expired, result: result, expiresAt: nil).fromStates == [.ready])
        #expect(SettledStep.finish(.ready, result: result, expiresAt: nil).fromStates.isEmpty)
    }

    @Test func whatComesNextFollowsFromTheRow() {
        let soon = Timestamp(seconds: 100)
        let later = Timestamp(seconds: 200)
        #expect(NextStep(state: .opened, dueAt: soon, lease: nil, hold: nil) == .nothing)
        #expect(
            NextStep(state: .sending, dueAt: soon, lease: ("w", later), hold: nil) == .leased(worker: "w", until: later)
        )
        #expect(NextStep(state: .ready, dueAt: soon, lease: nil, hold: nil) == .due(at: soon))
        #expect(NextStep(state: .ready, dueAt: later, lease: nil, hold: (soon, "x")) == .due(at: later))
        #expect(
            NextStep(state: .ready, dueAt: soon, lease: nil, hold: (later, "x")) == .held(until: later, reason: "x")
        )
        #expect(NextStep(state: .ready, dueAt: soon, lease: nil, hold: (nil, "x")) == .held(until: nil, reason: "x"))
        #expect(NextStep(state: .verify, dueAt: nil, lease: nil, hold: nil) == .operatorDecides)
    }

    @Test(arguments: [("abc", 3, "abc"), ("abc", 2, "ab"), ("aé", 2, "a"), ("a\0b", 9, "ab"), ("", 0, "")])
    func aTextIsCutAtACharacter(text: String, bytesMax: Int, cut: String) {
        #expect(text.cut(to: bytesMax) == cut)
    }

    @Test func everyOutcomeHasANumberOfItsOwn() throws {
        let numbers = ResultOutcome.allCases.map(\.stored)
        #expect(Set(numbers).count == numbers.count)
        for outcome in ResultOutcome.allCases { #expect(try ResultOutcome(stored: outcome.stored) == outcome) }
        #expect(throws: PostgresFailure.self) { try ResultOutcome(stored: 99) }
    }

    @Test func theUrgentTakeEverySecondTurnAndNobodyWaitsForEver() {
        var line = ConnectionLine<Int>()
        for number in 1...3 { line.append(number, isUrgent: false) }
        for number in 11...13 { line.append(number, isUrgent: true) }
        var order: [Int?] = []
        for _ in 1...3 { order.append(line.next()) }
        line.append(14, isUrgent: true)
        for _ in 1...5 { order.append(line.next()) }
        #expect(order == [11, 1, 12, 2, 13, 3, 14, nil])
    }
}
