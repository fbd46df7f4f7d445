import SessionCore
import Testing

@testable import CashierSimulator

@Suite struct LedgerTests {
    @Test func ordersAreFoundAgainAmongMany() {
        var ledger = OrderLedger(ordersMax: 20_000, eventsMax: 0, salt: 1)
        for number in 0..<10_000 {
            #expect(ledger.indexAdding(account: number % 2, id: "order-\(number)") == number)
        }
        #expect((0..<10_000).allSatisfy { ledger.index(account: $0 % 2, id: "order-\($0)") == $0 })
        #expect((0..<10_000).allSatisfy { ledger.id($0) == "order-\($0)" })
        #expect(ledger.index(account: 1, id: "order-0") == nil)
        #expect(ledger.indexAdding(account: 0, id: "order-2") == 2)
    }

    @Test func anOrderMoreThanTheBoundIsRefusedAndKnownOnesAreNot() throws {
        var configuration = SimulatorConfiguration(accounts: [merchant])
        configuration.ordersMax = 2
        var cashier = SimulatedCashier(configuration, salt: 1)
        let now = Timestamp(seconds: 1_800_000_000)
        let codes = try ["a", "b", "c", "a"].map { id -> Int64? in
            let request = TestRequest.open(id, at: now.seconds).request
            let answer = cashier.answer(request, now: now, isHeld: false, connectionsOpen: 1)
            return try JSONTree.read(answer.body)["status"]?.integer
        }
        #expect(codes == [0, 0, 999, 0])
        cashier.reset()
        let request = TestRequest.open("c", at: now.seconds).request
        #expect(cashier.answer(request, now: now, isHeld: false, connectionsOpen: 1).status == 200)
        #expect(cashier.ledger.sessionsOpened == 1)
    }

    @Test func tokensDifferBetweenSessionsResetsAndRuns() {
        func tokens(salt: UInt64) -> [String] {
            var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: salt)
            let first = (1...1000).map { cashier.ledger.token(serial: $0) }
            cashier.reset()
            return first + (1...1000).map { cashier.ledger.token(serial: $0) }
        }
        #expect(Set(tokens(salt: 1) + tokens(salt: 2)).count == 4000)
    }

    @Test func eventsBeyondTheBoundAreCounted() {
        var ledger = OrderLedger(ordersMax: 10, eventsMax: 2, salt: 1)
        let order = ledger.indexAdding(account: 0, id: "o") ?? 0
        for second in 1...3 {
            ledger.accept(order, echo: SessionEcho(), at: Timestamp(seconds: Int64(second)), fault: nil)
        }
        #expect(ledger.events.count == 2)
        #expect(ledger.eventsDropped == 1)
        #expect(ledger.sessionsOpened == 3)
        #expect(ledger.orders[order].sessions == 3)
    }

    @Test func anEchoSurvivesPacking() throws {
        var echo = SessionEcho()
        echo.intent = "payment"
        echo.cid = ""
        echo.variable3 = String(repeating: "\u{1F4BC}", count: 256)
        #expect(SessionEcho(packed: (echo.packed + [1, 2, 3])[...]) == echo)
        var ledger = OrderLedger(ordersMax: 10, eventsMax: 10, salt: 1)
        let added = ledger.indexAdding(account: 0, id: "o")
        let order = try #require(added)
        ledger.accept(order, echo: SessionEcho(), at: Timestamp(seconds: 1), fault: nil)
        ledger.accept(order, echo: echo, at: Timestamp(seconds: 2), fault: "late")
        #expect(ledger.echo(order) == echo)
        #expect(ledger.accepts(of: order).map { ledger.faultName($0) } == [nil, "late"])
    }

    @Test func blocksOfTheArenaFillUpAndKeepWhatTheyHave() {
        var arena = Arena()
        let piece = [UInt8](repeating: 7, count: 1_500_000)
        let offsets = (0..<5).map { arena.add(piece + [UInt8($0)]) }
        #expect(offsets.enumerated().allSatisfy { arena[$0.element, piece.count + 1].last == UInt8($0.offset) })
    }
}
