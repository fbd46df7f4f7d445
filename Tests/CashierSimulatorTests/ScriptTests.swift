import HTTPServer
import SessionCore
import Testing

@testable import CashierSimulator

/// Markers in `variable3` decide what happens to one order.
@Suite struct ScriptTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var script: Script
        /// Fault of the first call, its status in the body, and the sessions after it.
        var fault: WireFault?
        var http = 200
        var code: Int64?
        var opened: UInt32
        /// Sessions after the second call.
        var openedThen: UInt32
        var testDescription: String { script.rawValue }
    }

    static let cases = [
        Case(script: .decline, code: 400, opened: 0, openedThen: 0),
        Case(script: .configFault, code: 401, opened: 0, openedThen: 0),
        Case(script: .paid, code: 0, opened: 1, openedThen: 2),
        Case(script: .unavailableOnce, http: 503, opened: 0, openedThen: 1),
        Case(script: .maintenanceOnce, code: 333, opened: 0, openedThen: 1),
        Case(script: .internalOnce, code: -1, opened: 0, openedThen: 1),
        Case(script: .resetBeforeOnce, fault: .reset, opened: 0, openedThen: 1),
        Case(script: .resetOnce, fault: .reset, code: 0, opened: 1, openedThen: 2),
        Case(script: .hangOnce, fault: .hang, code: 0, opened: 1, openedThen: 2),
        Case(script: .lateOnce, code: 0, opened: 1, openedThen: 2),
        Case(script: .heldOnce, fault: .hold(.seconds(30)), opened: 0, openedThen: 1),
        Case(script: .badSignatureOnce, code: 0, opened: 1, openedThen: 2),
        Case(script: .wrongEchoOnce, code: 0, opened: 1, openedThen: 2),
    ]

    @Test func everyScriptHasACase() {
        #expect(Self.cases.map(\.script) == Script.allCases)
    }

    @Test(arguments: cases) func theFirstCallIsScripted(_ expected: Case) throws {
        // Random faults do not touch a scripted order.
        var configuration = SimulatorConfiguration(accounts: [merchant])
        configuration.faults = try FaultPlan(parsing: "503=100%")
        var cashier = SimulatedCashier(configuration, salt: 1)
        let request = TestRequest.open("o-1", at: 1_800_000_000).script(expected.script.rawValue).request
        let now = Timestamp(seconds: 1_800_000_000)

        let first = cashier.answer(request, now: now, isHeld: false, connectionsOpen: 1)
        #expect(first.status == expected.http)
        #expect(first.fault == expected.fault)
        #expect(first.delay == (expected.script == .lateOnce ? .seconds(30) : .zero))
        #expect((try? JSONTree.read(first.body))?["status"]?.integer == expected.code)
        #expect(cashier.ledger.sessionsOpened == expected.opened)

        let second = cashier.answer(request, now: now, isHeld: false, connectionsOpen: 1)
        #expect(second.fault == nil)
        #expect(second.delay == .zero)
        #expect(cashier.ledger.sessionsOpened == expected.openedThen)
    }

    @Test func aPaidOrderIsSeenAsSuccessful() throws {
        var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: 1)
        let now = Timestamp(seconds: 1_800_000_000)
        let open = TestRequest.open("o-1", at: now.seconds).script("paid").request
        _ = cashier.answer(open, now: now, isHeld: false, connectionsOpen: 1)
        let lookup = TestRequest.lookup("o-1", at: now.seconds).request
        let found = try JSONTree.read(cashier.answer(lookup, now: now, isHeld: false, connectionsOpen: 1).body)
        #expect(found["session"]?["session_status"]?.text == "successful")
        #expect(found["transaction"]?["transaction_status"]?.text == "approved")
    }

    @Test func aWrongEchoIsSignedForAnotherOrder() throws {
        var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: 1)
        let now = Timestamp(seconds: 1_800_000_000)
        let open = TestRequest.open("o-1", at: now.seconds).script("wrong-echo-once").request
        let answer = try JSONTree.read(cashier.answer(open, now: now, isHeld: false, connectionsOpen: 1).body)
        #expect(answer["session"]?["order_id"]?.text == "o-1-other")
    }

    @Test func aScriptWaitsForARequestThatTheRulesAccept() throws {
        var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: 1)
        let now = Timestamp(seconds: 1_800_000_000)
        var unsigned = TestRequest.open("o-1", at: now.seconds).script("unavailable-once")
        unsigned.secret = "wrong"
        #expect(cashier.answer(unsigned.request, now: now, isHeld: false, connectionsOpen: 1).status == 200)
        let signed = TestRequest.open("o-1", at: now.seconds).script("unavailable-once")
        #expect(cashier.answer(signed.request, now: now, isHeld: false, connectionsOpen: 1).status == 503)
    }

    @Test func aHeldRequestIsJudgedWhenItIsRead() throws {
        var cashier = SimulatedCashier(SimulatorConfiguration(accounts: [merchant]), salt: 1)
        let sent = Timestamp(seconds: 1_800_000_000)
        let request = TestRequest.open("o-1", at: sent.seconds).script("held-once").request
        #expect(cashier.answer(request, now: sent, isHeld: false, connectionsOpen: 1).fault == .hold(.seconds(30)))
        var tooLate = cashier
        let dead = tooLate.answer(request, now: sent.advanced(by: .seconds(60)), isHeld: true, connectionsOpen: 1)
        #expect(try JSONTree.read(dead.body)["status"]?.integer == 400)
        #expect(tooLate.ledger.sessionsOpened == 0)
        let alive = cashier.answer(request, now: sent.advanced(by: .seconds(59)), isHeld: true, connectionsOpen: 1)
        #expect(try JSONTree.read(alive.body)["status"]?.integer == 0)
        #expect(cashier.ledger.faultName(cashier.ledger.events[0]) == "held")
    }
}
