import Glibc
import SessionCore
import Testing

@testable import CashierSimulator

/// A restarted simulator answers as before.
@Suite struct StateFileTests {
    private let path = "/tmp/usher-simulator-\(UInt64.random(in: 0 ..< .max)).state"

    private func start(_ change: (inout SimulatorConfiguration) -> Void = { _ in }) throws -> RunningSimulator {
        try RunningSimulator.withFaults {
            $0.statePath = path
            change(&$0)
        }
    }

    private func contents() -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    private func write(_ bytes: [UInt8]) {
        guard let file = fopen(path, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    /// Everything that the simulator tells of itself but for the connections.
    private struct Truth: Equatable {
        var statistics: SimulatorStatistics
        var documents: [JSONTree?]
    }

    private func truth(_ simulator: RunningSimulator) -> Truth {
        var statistics = simulator.statistics()
        statistics.connectionsOpen = 0
        statistics.requests["control"] = nil
        return Truth(
            statistics: statistics,
            documents: [simulator.control("GET", "/faults")?.json] + simulator.events()
                + ["o-1", "o-2", "o-3"].map { simulator.control("GET", "/stats?order=\($0)")?.json }
        )
    }

    @Test func ordersSessionsCountersAndThePersonalityGoOn() throws {
        defer { unlink(path) }
        var before: Truth?
        var url: JSONTree?
        do {
            let first = try start { $0.seed = 5 }
            #expect(first.ask(.open("o-1")).answer?.code == 0)
            #expect(first.ask(.open("o-1")).answer?.code == 0)
            #expect(first.ask(TestRequest.open("o-2").with("variable1", "\"Zo\u{EB} \\\"/\"")).answer?.code == 0)
            #expect(first.ask(TestRequest.open("o-3").script("unavailable-once")).answer?.status == 503)
            #expect(first.ask(.lookup("o-2")).answer?.code == 0)
            #expect(first.ask(TestRequest.open("o-4").with("cid", nil)).answer?.code == 400)
            #expect(first.control("POST", "/sessions?order=o-2&status=successful")?.status == 200)
            #expect(first.control("POST", "/_control/personality", body: "idempotent")?.status == 200)
            #expect(first.control("POST", "/faults?seed=9", body: "latency=1ms")?.status == 200)
            let again = first.ask(.open("o-1")).answer
            url = again?.json?["redirect_url"]
            before = truth(first)
            first.stop()
        }
        for _ in 0..<2 {
            let next = try start()
            defer { next.stop() }
            #expect(next.personality == .idempotent)
            #expect(truth(next) == before)
        }
        let last = try start()
        defer { last.stop() }
        #expect(last.ask(.open("o-1")).answer?.json?["redirect_url"] == url, "the same session, so the same URL")
        #expect(last.ask(.lookup("o-2")).answer?.json?["transaction"]?["transaction_status"]?.text == "approved")
        #expect(last.ask(TestRequest.open("o-3").script("unavailable-once")).answer?.code == 0, "the script was spent")
        #expect(last.statistics().sessionsOpened == 4)
    }

    /// The process was killed while it wrote.
    @Test func aTornLastLineIsLeftOut() throws {
        defer { unlink(path) }
        do {
            let first = try start()
            #expect(first.ask(.open("o-1")).answer?.code == 0)
            #expect(first.ask(.open("o-2")).answer?.code == 0)
            first.stop()
        }
        let whole = contents()
        let last = try #require(whole.dropLast().lastIndex(of: 0x0A))
        for end in [last + 1, last + 2, (last + whole.count) / 2, whole.count - 1] {
            write(Array(whole[..<end]))
            let next = try start()
            #expect(next.sessions(of: "o-1") == 1 && next.sessions(of: "o-2") == 0)
            #expect(next.ask(.open("o-2")).answer?.code == 0)
            next.stop()
        }
        write(whole + Array("[[\"c\",0],[\"n\"".utf8))
        let next = try start()
        defer { next.stop() }
        #expect(next.sessions(of: "o-2") == 1)
    }

    @Test(arguments: [
        ("not a state file\n", "not of a state file"),
        ("{\"simulator_state\":\"0\"}\n", "not a state file of this version"),
        ("HEADER[[\"o\",7,\"x\"]]\n[]\n", "line 2"), ("HEADER[[\"c\",0]]\n", "line 2"), ("HEADER[[\"?\"]]\n", "line 2"),
        ("HEADERgarbage\n[]\n", "line 2"),
    ])
    func aFileThatIsBrokenElsewhereIsRefusedByItsLine(_ text: String, _ reason: String) throws {
        defer { unlink(path) }
        try start().stop()
        let header = contents().prefix { $0 != 0x0A } + [0x0A]
        let parts = text.split(separator: "HEADER", omittingEmptySubsequences: false)
        write(parts.count == 2 ? header + Array(parts[1].utf8) : Array(text.utf8))
        do {
            try start().stop()
            Issue.record("it was read")
        } catch let error as StateFileError {
            #expect(error.path == path)
            #expect(error.description.contains(reason), "\(error)")
        }
    }

    @Test func theFileBelongsToOneSimulatorAndItsAccounts() throws {
        defer { unlink(path) }
        let first = try start()
        #expect(throws: StateFileError.self) { try start() }
        first.stop()
        try start().stop()
        #expect(throws: StateFileError.self) { try start { $0.accounts[0].merchantID = "Other" } }
        #expect(throws: StateFileError.self) {
            try RunningSimulator.withFaults { $0.statePath = "/nowhere/simulator.state" }
        }
    }

    @Test func aResetIsRememberedAndTokensStayUnlike() throws {
        defer { unlink(path) }
        var tokens: Set<String> = []
        for _ in 0..<3 {
            let simulator = try start()
            defer { simulator.stop() }
            #expect(simulator.sessions(of: "o-1") == 0)
            let answer = simulator.ask(.open("o-1")).answer
            tokens.insert(answer?.json?["session"]?["auth_token"]?.text ?? "")
            #expect(simulator.control("POST", "/reset")?.status == 200)
        }
        #expect(tokens.count == 3)
    }

    @Test func changesReadBackAsTheyWereWritten() throws {
        var echo = SessionEcho()
        echo.cid = ""
        echo.variable1 = "\u{1F4BC}\n\"/"
        var urls = CallbackURLs()
        urls.validation = "https://crm.example.test/v"
        let at = Timestamp(microseconds: 1_800_000_000_123_456)
        var order = OrderSnapshot(
            account: 1,
            id: "o",
            calls: 1,
            lookups: 2,
            sessions: 3,
            serial: .max,
            acceptedAt: at.microseconds,
            isScriptSpent: true
        )
        order.status = .actionRequired
        var withoutSession = order
        order.echo = echo
        order.urls = urls
        withoutSession.status = nil
        let transaction = ProviderTransaction(tid: 756_850, status: "approved", currency: "EUR", rate: "1.000000")
        let changes: [StateChange] = [
            .order(account: 0, id: "Zo\u{EB}"), .called(order: 1, isLookup: true), .called(order: 1, isLookup: false),
            .counted(.faults, "503", by: 4), .totalled(.signatureFailures, by: 1),
            .accepted(order: 2, echo, urls, at: at, fault: "late"), .noted(.notFound, order: 3, at: at, fault: nil),
            .scriptSpent(order: 4), .status(order: 5, .expired), .status(order: 5, nil),
            .transaction(order: 6, transaction), .personality(.idempotent),
            .faults(try FaultPlan(parsing: "503=5%@2s,twice=1%"), seed: .max), .reset, .orderSnapshot(order),
            .orderSnapshot(withoutSession),
            .eventSnapshot(EventSnapshot(kind: .again, order: 7, at: 8, serial: 9, fault: "held")),
            .ledger(sessionsOpened: 10, eventsDropped: 11),
        ]
        var journal = Journal()
        for change in changes { journal.add(change) }
        let line = journal.takeLine()
        guard case .array(let elements) = try JSONTree.read(line) else {
            Issue.record("no array")
            return
        }
        #expect(elements.map { StateChange($0) } == changes)
        #expect(line.filter { $0 == 0x0A }.count == 1 && line.last == 0x0A)
        #expect(journal.takeLine().isEmpty)
    }
}
