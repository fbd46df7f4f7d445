import Glibc
import HTTPServer
import Testing

@testable import CashierSimulator

/// Each fault over real sockets: what the client sees, and whether a session was opened.
@Suite struct WireFaultTests {
    enum Expected: Sendable {
        case http(Int)
        case code(Int64)
        case reset
        case closed
        case half
        case silence
        case notJSON
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var plan: String
        var seen: Expected
        var sessions: Int64
        var lookupSeen: Expected?
        var testDescription: String { plan }
    }

    static let cases = [
        Case(plan: "503=100%", seen: .http(503), sessions: 0),
        Case(plan: "502=100%", seen: .http(502), sessions: 0),
        Case(plan: "429=100%@7s", seen: .http(429), sessions: 0),
        Case(plan: "333=100%", seen: .code(333), sessions: 0),
        Case(plan: "-1=100%", seen: .code(-1), sessions: 0),
        Case(plan: "999=100%", seen: .code(999), sessions: 0),
        Case(plan: "406=100%", seen: .code(406), sessions: 0),
        Case(plan: "hang=100%", seen: .silence, sessions: 1),
        Case(plan: "reset_before=100%", seen: .reset, sessions: 0),
        Case(plan: "reset_after=100%", seen: .reset, sessions: 1),
        Case(plan: "close=100%", seen: .closed, sessions: 1),
        Case(plan: "half=100%", seen: .half, sessions: 1),
        Case(plan: "html=100%", seen: .notJSON, sessions: 0),
        Case(plan: "redirect=100%", seen: .http(302), sessions: 0),
        Case(plan: "empty=100%", seen: .notJSON, sessions: 0),
        Case(plan: "bad_signature=100%", seen: .code(0), sessions: 1),
        Case(plan: "no_signature=100%", seen: .code(0), sessions: 1),
        Case(plan: "wrong_echo=100%", seen: .code(0), sessions: 1),
        Case(plan: "stale=100%", seen: .code(0), sessions: 1),
        Case(plan: "huge=100%", seen: .code(0), sessions: 1),
    ]

    private func matches(_ seen: Seen, _ expected: Expected) -> Bool {
        switch (expected, seen) {
        case (.http(let status), .answer(let answer)): answer.status == status
        case (.code(let code), .answer(let answer)): answer.status == 200 && answer.code == code
        case (.notJSON, .answer(let answer)): answer.status == 200 && answer.json == nil
        case (.reset, .reset): true
        case (.closed, .closed(let bytes)): bytes == 0
        case (.half, .closed(let bytes)): bytes > 100
        case (.silence, .silence(let bytes)): bytes == 0
        default: false
        }
    }

    @Test(arguments: cases) func theClientSeesTheFaultAndTheTruthIsKnown(_ expected: Case) throws {
        let simulator = try RunningSimulator.withFaults(expected.plan)
        defer { simulator.stop() }
        let seen = simulator.ask(.open("o-1"), within: expected.plan.hasPrefix("hang") ? 200 : 5000)
        #expect(matches(seen, expected.seen), "\(seen)")
        #expect(simulator.sessions(of: "o-1") == expected.sessions)
        let name = expected.plan.prefix { $0 != "=" }
        #expect(simulator.control("GET", "/stats")?.json?["faults"]?[String(name)]?.integer == 1)
        if expected.sessions == 1 { #expect(simulator.events().first?["fault"]?.text == String(name)) }
    }

    @Test func retryAfterIsToldInSeconds() throws {
        let simulator = try RunningSimulator.withFaults("429=100%@7s")
        defer { simulator.stop() }
        #expect(simulator.ask(.open("o-1")).answer?.header("retry-after") == "7")
    }

    @Test func theUntrustworthyAnswersAreWrongInOneWayEach() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        func answer(_ plan: String) throws -> (isSigned: Bool, order: String?, age: Int64, bytes: Int) {
            simulator.setFaults(try FaultPlan(parsing: plan))
            let answer = try #require(simulator.ask(.open("o-1")).answer)
            let json = try #require(answer.json)
            let signature = RequestSignature.digits(
                [
                    "0", json["timestamp"]?.signed, json["redirect_url"]?.text,
                    json["customer"]?["customer_token"]?.text,
                ],
                secret: merchant.secret
            )
            return (
                answer.header("gt-authentication") == signature, json["session"]?["order_id"]?.text,
                wallSeconds() - (json["timestamp"]?.integer ?? 0), answer.body.count
            )
        }
        #expect(try answer("bad_signature=100%").isSigned == false)
        #expect(try answer("no_signature=100%").isSigned == false)
        let wrong = try answer("wrong_echo=100%")
        #expect(wrong.isSigned && wrong.order == "o-1-other")
        let stale = try answer("stale=100%")
        #expect(stale.isSigned && stale.order == "o-1" && stale.age >= 3600)
        let huge = try answer("huge=100%")
        #expect(huge.isSigned && huge.bytes > 1024 * 1024)
    }

    @Test func halfOfTheResetsHappenBeforeTheProviderReads() throws {
        let simulator = try RunningSimulator.withFaults("reset=100%")
        defer { simulator.stop() }
        for number in 0..<100 { #expect(simulator.ask(.open("o-\(number)")) == .reset) }
        let faults = try #require(simulator.control("GET", "/stats")?.json?["faults"])
        let before = faults["reset_before"]?.integer ?? 0
        let after = faults["reset_after"]?.integer ?? 0
        #expect(before + after == 100 && before >= 30 && after >= 30)
        #expect(simulator.statistics().sessionsOpened == Int(after))
    }

    @Test(arguments: ["503=100%", "333=100%", "-1=100%", "html=100%", "empty=100%"])
    func openedHalfOpensHalfOfWhatLooksLikeAFailure(_ plan: String) throws {
        let simulator = try RunningSimulator.withFaults("\(plan),opened_half")
        defer { simulator.stop() }
        let client = simulator.client()
        for number in 0..<100 {
            client.send(TestRequest.open("o-\(number)").bytes)
            let answer = try #require(client.receive().answer)
            #expect(answer.code != 0)
        }
        #expect((30...70).contains(simulator.statistics().sessionsOpened))
    }

    @Test func aLateAnswerComesAfterTheSessionWasOpened() throws {
        let simulator = try RunningSimulator.withFaults("late=100%@600ms")
        defer { simulator.stop() }
        let client = simulator.client()
        let start = monotonicNanoseconds()
        client.send(TestRequest.open("o-1").bytes)
        #expect(becomesTrue { simulator.sessions(of: "o-1") == 1 })
        #expect(monotonicNanoseconds() - start < 600_000_000, "known before it is answered")
        #expect(client.receive().answer?.code == 0)
        #expect(monotonicNanoseconds() - start >= 600_000_000)
    }

    @Test func aHeldRequestIsReadEvenAfterItsClientLeft() throws {
        let simulator = try RunningSimulator.withFaults("held=100%@500ms")
        defer { simulator.stop() }
        do {
            let client = simulator.client()
            client.send(TestRequest.open("o-1").bytes)
            #expect(client.receive(within: 50) == .silence(bytes: 0))
        }
        #expect(simulator.sessions(of: "o-1") == 0)
        #expect(becomesTrue { simulator.sessions(of: "o-1") == 1 })
        #expect(simulator.ask(.open("o-2")).answer?.code == 0, "a client that waits is answered")
        #expect(simulator.events().map { $0["fault"]?.text } == ["held", "held"])
    }

    @Test func aSlowAnswerArrivesInPieces() throws {
        let simulator = try RunningSimulator.withFaults("slow=100%@400ms")
        defer { simulator.stop() }
        let client = simulator.client()
        let start = monotonicNanoseconds()
        client.send(TestRequest.open("o-1").bytes)
        guard case .silence(let bytes) = client.receive(within: 150) else {
            Issue.record("the answer came at once")
            return
        }
        #expect(bytes > 0)
        #expect(client.receive().answer?.code == 0)
        #expect(monotonicNanoseconds() - start >= 350_000_000)
        client.send(TestRequest.lookup("o-1").bytes)
        #expect(client.receive().answer?.code == 0, "the connection is kept")
    }

    @Test func latencyDelaysEveryAnswerAndNotTheSession() throws {
        let simulator = try RunningSimulator.withFaults("latency=150ms..200ms")
        defer { simulator.stop() }
        let clients = (0..<20).map { _ in simulator.client() }
        let start = monotonicNanoseconds()
        for (number, client) in clients.enumerated() { client.send(TestRequest.open("o-\(number)").bytes) }
        for client in clients { #expect(client.receive().answer?.code == 0) }
        let took = monotonicNanoseconds() - start
        #expect(took >= 150_000_000)
        #expect(took < 20 * 150_000_000, "answers wait side by side")
    }

    @Test func aHungConnectionIsFreedWhenTheClientLeaves() throws {
        let simulator = try RunningSimulator.withFaults("hang=100%,only=open")
        defer { simulator.stop() }
        do {
            let client = simulator.client()
            client.send(TestRequest.open("o-1").bytes)
            #expect(becomesTrue { simulator.sessions(of: "o-1") == 1 })
            #expect(simulator.control("GET", "/stats")?.json?["connections_open"]?.integer == 2)
        }
        #expect(becomesTrue { simulator.control("GET", "/stats")?.json?["connections_open"]?.integer == 1 })
    }

    @Test func faultsOfTheConnectionHappenToErrorAnswersToo() throws {
        let simulator = try RunningSimulator.withFaults("reset_after=100%")
        defer { simulator.stop() }
        #expect(simulator.ask(TestRequest.open("o-1").with("intent", "\"sale\"")) == .reset)
        #expect(simulator.sessions(of: "o-1") == 0)
    }

    @Test func lookUpsMeetFaultsUnlessTheyAreSpared() throws {
        let simulator = try RunningSimulator.withFaults("503=100%")
        defer { simulator.stop() }
        #expect(simulator.ask(.lookup("o-1")).answer?.status == 503)
        simulator.setFaults(try FaultPlan(parsing: "503=100%,only=open"))
        #expect(simulator.ask(.lookup("o-1")).answer?.code == 400)
    }

    @Test func theSameSeedGivesTheSameOrdersTheSameFaults() throws {
        func failures(seed: UInt64) throws -> [Int] {
            let simulator = try RunningSimulator.withFaults("503=30%") { $0.seed = seed }
            defer { simulator.stop() }
            let client = simulator.client()
            return try (0..<100).filter { number in
                client.send(TestRequest.open("o-\(number)").bytes)
                return try #require(client.receive().answer).status == 503
            }
        }
        let first = try failures(seed: 1)
        #expect(try failures(seed: 1) == first)
        #expect(try failures(seed: 2) != first)
        #expect((15...45).contains(first.count))
    }
}
