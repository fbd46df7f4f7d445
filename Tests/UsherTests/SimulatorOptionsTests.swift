import CashierSimulator
import Glibc
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
        #expect(found.clockOffset == plain.clockOffset)
        #expect(found.lateAfter == plain.lateAfter)
        #expect(found.heldFor == plain.heldFor)
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
                "--late-after", "4s", "--held-for", "250ms", "--wrong-signature-code", "400", "--errors", "signed",
                "--customer", "optional", "--no-accepts", "--seed", "7", "--faults", "503=5%", "--merchant-id", "m",
            ])
        ).configuration
        #expect(found.port == 0)
        #expect(found.personality.duplicates == .notUnique)
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
            ["--late-after", "soon"], ["--state", "somewhere"], ["--callback-base", "https://127.0.0.1:9000"],
            ["--callback-base", "http://127.0.0.1:9000/path"], ["--personality", "absent-minded"],
            ["--personality", "duplicates=sometimes"], ["--clock-tolerance", "1500ms"],
        ]
    )
    func refused(arguments: [String]) throws {
        let invocation = try Typed.invocation(["simulator"] + arguments)
        #expect(throws: UsageError.self) { try SimulatorOptions(invocation) }
    }

    @Test("of the personality: the file first, then the text, then single switches")
    func personality() throws {
        let file = "/tmp/usher-personality-\(UInt64.random(in: 0 ..< .max))"
        let text = "idempotent   # one session an order\nnulls=omitted\nclock-tolerance=9s\n"
        try FileAccess.writePrivate(file, text)
        defer { unlink(file) }
        let found = try SimulatorOptions(
            try Typed.invocation([
                "simulator", "--personality-file", file, "--personality", "http-errors,clock-tolerance=5s",
                "--clock-tolerance", "1s",
            ])
        ).configuration.personality
        #expect(found.differences == "duplicates=idempotent,clock-tolerance=1s,error-style=http,nulls=omitted")
    }

    @Test("every preset is told of in the help")
    func presetsAreTold() {
        for preset in Preset.all { #expect(SimulatorVerb.command.discussion.contains("\(preset.name) (")) }
    }
}
