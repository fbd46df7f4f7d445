import CashierSimulator
import Terminal
import Testing

@testable import usher

@Suite("Options of the simulator")
struct SimulatorOptionsTests {
    @Test("left out are the simulator's own defaults, but for the port")
    func defaults() throws {
        let options = try SimulatorOptions(try Typed.invocation(["simulator"]))
        let found = options.configuration
        let plain = SimulatorConfiguration(accounts: [])
        #expect(found.port == 8081)
        #expect(found.host == plain.host)
        #expect(found.personality == plain.personality)
        #expect(found.errorStyle == plain.errorStyle)
        #expect(found.lookups == plain.lookups)
        #expect(found.sessionLifetime == plain.sessionLifetime)
        #expect(found.requestValiditySeconds == plain.requestValiditySeconds)
        #expect(found.clockToleranceSeconds == plain.clockToleranceSeconds)
        #expect(found.clockOffset == plain.clockOffset)
        #expect(found.lateAfter == plain.lateAfter)
        #expect(found.heldFor == plain.heldFor)
        #expect(found.wrongSignatureCode == plain.wrongSignatureCode)
        #expect(found.signsErrors == plain.signsErrors)
        #expect(found.requiresCustomer == plain.requiresCustomer)
        #expect(found.redirectBase == plain.redirectBase)
        #expect(found.seed == plain.seed)
        #expect(found.ordersMax == plain.ordersMax)
        #expect(found.eventsMax == plain.eventsMax)
        #expect(found.connectionsMax == plain.connectionsMax)
        #expect(found.keepsEvents == plain.keepsEvents)
        #expect(options.madeSecret?.count == 32)
    }

    @Test("given reach the simulator")
    func given() throws {
        let found = try SimulatorOptions(
            try Typed.invocation([
                "simulator", "--port", "0", "--personality", "not-unique", "--error-style", "http", "--lookups",
                "disabled",
                "--session-lifetime", "90s", "--clock-offset=-5s", "--request-validity", "2s", "--clock-tolerance",
                "1s",
                "--late-after", "4s", "--held-for", "250ms", "--wrong-signature-code", "400", "--sign-errors",
                "--customer-optional", "--no-accepts", "--seed", "7", "--faults", "503=5%", "--merchant-id", "m",
            ])
        ).configuration
        #expect(found.port == 0)
        #expect(found.personality == .notUnique)
        #expect(found.errorStyle == .http)
        #expect(found.lookups == .disabled)
        #expect(found.sessionLifetime == .seconds(90))
        #expect(found.clockOffset == .seconds(-5))
        #expect(found.requestValiditySeconds == 2)
        #expect(found.clockToleranceSeconds == 1)
        #expect(found.lateAfter == .seconds(4))
        #expect(found.heldFor == .milliseconds(250))
        #expect(found.wrongSignatureCode == 400)
        #expect(found.signsErrors)
        #expect(!found.requiresCustomer)
        #expect(!found.keepsEvents)
        #expect(found.seed == 7)
        #expect(found.faults.items.count == 1)
        #expect(found.accounts.first?.merchantID == "m")
    }

    @Test(
        "that make no sense are refused",
        arguments: [
            ["--request-validity", "1500ms"], ["--request-validity", "0s"], ["--port", "70000"],
            ["--late-after", "soon"],
        ]
    )
    func refused(arguments: [String]) throws {
        let invocation = try Typed.invocation(["simulator"] + arguments)
        #expect(throws: UsageError.self) { try SimulatorOptions(invocation) }
    }
}
