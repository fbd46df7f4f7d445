import Cryptography
import Foundation
import HTTPServer
import SessionCore
import Testing

@testable import CashierSimulator

/// What the provider's documentation leaves open, as switches and presets.
@Suite struct PersonalityTests {
    static let now: Int64 = 1_800_000_000

    private func cashier(_ text: String) throws -> SimulatedCashier {
        var configuration = SimulatorConfiguration(accounts: [merchant])
        configuration.personality = try Personality(parsing: text)
        return SimulatedCashier(configuration, salt: 7)
    }

    private func ask(
        _ request: TestRequest,
        _ cashier: inout SimulatedCashier,
        at seconds: Int64 = now
    ) throws -> (answer: HTTPAnswer, json: JSONTree) {
        let moment = Timestamp(seconds: seconds)
        let answer = cashier.answer(request.request, now: moment, isHeld: false, connectionsOpen: 1)
        return (answer, try JSONTree.read(answer.body))
    }

    private func isSigned(_ answer: HTTPAnswer, _ values: [String?]) -> Bool {
        let signature = HTTPHeader(
            name: "Gt-Authentication",
            value: RequestSignature.digits(values, secret: merchant.secret)
        )
        return answer.headers.contains(signature)
    }

    // MARK: Text

    @Test(arguments: PersonalitySwitch.all.map(\.name))
    func everyValueOfASwitchReadsBackAsItself(_ name: String) throws {
        let found = try #require(PersonalitySwitch.all.first { $0.name == name })
        for value in found.isOpen ? [found.fallback] : found.values {
            let personality = try Personality(parsing: "\(name)=\(value)")
            #expect(found.write(personality) == value)
            #expect(try Personality(parsing: personality.description) == personality)
        }
        #expect(throws: PersonalityError.self) { try Personality(parsing: "\(name)=nonsense") }
    }

    @Test(arguments: Preset.all.map(\.name))
    func everyPresetChangesWhatItSaysAndNothingElse(_ name: String) throws {
        let preset = try #require(Preset.all.first { $0.name == name })
        let personality = try Personality(parsing: name)
        for (name, value) in preset.values {
            #expect(PersonalitySwitch.all.first { $0.name == name }?.write(personality) == value)
        }
        let changed = personality.differences.split(separator: ",").compactMap { $0.split(separator: "=").first }
        #expect(Set(changed.map(String.init)).isSubset(of: preset.values.map(\.name)))
    }

    @Test func laterItemsWinAndDocumentedForgetsWhatWasBefore() throws {
        let personality = try Personality(
            parsing: "idempotent, duplicates=not-unique\nnulls=omitted # as Go clients see\n"
        )
        #expect(personality.differences == "duplicates=not-unique,nulls=omitted")
        #expect(try Personality(parsing: "idempotent,documented,errors=signed").differences == "errors=signed")
        #expect(try Personality(parsing: "") == Personality())
    }

    @Test(arguments: [
        ("absent", "absent", "no preset"), ("idempotent,colour=red", "colour=red", "no switch"),
        ("nulls=maybe", "nulls=maybe", "null or omitted"), ("session-lifetime=long", "session-lifetime=long", "time"),
        ("clock-tolerance=1500ms", "clock-tolerance=1500ms", "time"), ("repeats=101", "repeats=101", "0 to 100"),
        ("request-validity=0s", "request-validity=0s", "time"),
        ("session-lifetime=9999999h", "session-lifetime=9999999h", "60m"),
    ])
    func theItemThatIsWrongIsNamedAndNothingChanges(_ text: String, _ item: String, _ reason: String) {
        var personality = Personality.idempotent
        do throws(PersonalityError) {
            try personality.change(by: text)
            Issue.record("read as \(personality)")
        } catch {
            #expect(error.item == item)
            #expect(error.reason.contains(reason), "\(error)")
        }
        #expect(personality == .idempotent)
    }

    @Test func theDocumentListsEverySwitchAndPresetWithItsMeaning() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appendingPathComponent("docs/SIMULATOR.md"), encoding: .utf8)
        for found in PersonalitySwitch.all {
            let values = found.isOpen ? found.values[0] : found.values.map { "`\($0)`" }.joined(separator: ", ")
            let row = "| `\(found.name)` | \(values) | `\(found.fallback)` | \(found.summary) |"
            #expect(document.contains(row), "missing: \(row)")
        }
        for preset in Preset.all {
            let row = "| `\(preset.name)` | \(preset.summary) |"
            #expect(document.contains(row), "missing: \(row)")
        }
    }

    // MARK: Clock

    @Test(arguments: [
        ("strict-clock", [0, 59], [60, -1]), ("lenient-clock", [119, -120], [120, -121]),
        ("clock-tolerance=5s", [-5], [-6]), ("request-validity=2s", [1], [2]),
    ])
    func theClockIsAsStrictAsItsPreset(_ text: String, _ accepted: [Int64], _ refused: [Int64]) throws {
        var cashier = try cashier(text)
        for age in accepted {
            #expect(try ask(.open("a\(age)", at: Self.now - age), &cashier).json["status"]?.integer == 0, "\(age) s")
        }
        for age in refused {
            #expect(try ask(.open("r\(age)", at: Self.now - age), &cashier).json["status"]?.integer == 400, "\(age) s")
        }
    }

    // MARK: Answers

    @Test func nullsMayBeLeftOutAndFieldsBeFew() throws {
        var full = try cashier("documented")
        let whole = try ask(.open("o-1", at: Self.now), &full).json
        #expect(whole["session"]?["gateway"] == .null && whole["customer"]?["country"] == .null)
        var omitting = try cashier("omitted-nulls")
        let opened = try ask(.open("o-1", at: Self.now), &omitting)
        #expect(opened.json["session"]?["gateway"] == nil && opened.json["session"]?["variable1"] == nil)
        #expect(opened.json["session"]?["cid"]?.text == "1")
        #expect(try ask(.lookup("o-1", at: Self.now), &omitting).json["transaction"] == nil)
        var sparse = try cashier("sparse-replies")
        let few = try ask(.open("o-1", at: Self.now), &sparse).json
        guard case .object(let members)? = few["session"] else {
            Issue.record("no session: \(few)")
            return
        }
        let expected = ["auth_token", "intent", "session_status", "order_id", "currency", "amount", "cid"]
        #expect(members.map(\.name) == expected)
    }

    @Test func numbersMayBeTextAndTheSignatureStaysRight() throws {
        for (text, status) in [("numbers=text", JSONTree.number("0")), ("numbers=all-text", .string("0"))] {
            var cashier = try cashier(text)
            let (answer, json) = try ask(.open("o-1", at: Self.now), &cashier)
            #expect(json["status"] == status)
            #expect(json["timestamp"] == .string("\(Self.now)"))
            #expect(json["session"]?["amount"] == .string("100"))
            let values = ["0", "\(Self.now)", json["redirect_url"]?.text, json["customer"]?["customer_token"]?.text]
            #expect(isSigned(answer, values))
        }
    }

    @Test func timesMayBeISOAndAreSignedSo() throws {
        var cashier = try cashier("iso-times,signed-errors")
        let (answer, json) = try ask(.open("o-1", at: Self.now), &cashier)
        #expect(json["timestamp"]?.text == "2027-01-15T08:00:00Z")
        let token = json["customer"]?["customer_token"]?.text
        #expect(isSigned(answer, ["0", "2027-01-15T08:00:00Z", json["redirect_url"]?.text, token]))
        let refused = try ask(TestRequest.open("o-2", at: Self.now).with("cid", nil), &cashier).answer
        #expect(isSigned(refused, ["400", "2027-01-15T08:00:00Z"]))
    }

    @Test(arguments: [
        ("documented", 200, "order_id is not unique"), ("classic-texts", 200, "The order_id value is not unique!"),
        ("newer-texts,http-errors", 400, "The order_id value is not unique!"),
    ])
    func errorsHaveTheirWordingAndHTTPStatus(_ text: String, _ status: Int, _ wording: String) throws {
        var cashier = try cashier("\(text),not-unique")
        _ = try ask(.open("o-1", at: Self.now), &cashier)
        let (answer, json) = try ask(.open("o-1", at: Self.now), &cashier)
        #expect(answer.status == status)
        #expect(json["description"]?.text == wording)
        #expect(!answer.headers.contains { $0.name == "Gt-Authentication" })
    }

    @Test func aSessionLivesAsLongAsItsPersonality() throws {
        var cashier = try cashier("short-lived,idempotent")
        let first = try ask(.open("o-1", at: Self.now), &cashier).json["redirect_url"]
        let again = try ask(.open("o-1", at: Self.now + 59), &cashier, at: Self.now + 59).json["redirect_url"]
        #expect(first == again)
        let later = try ask(.open("o-1", at: Self.now + 60), &cashier, at: Self.now + 60).json["redirect_url"]
        #expect(first != later)
    }

    // MARK: Look-ups

    @Test func lookUpsMayBeLate() throws {
        var cashier = try cashier("late-lookups")
        _ = try ask(.open("o-1", at: Self.now), &cashier)
        #expect(try ask(.lookup("o-1", at: Self.now + 2), &cashier, at: Self.now + 2).json["status"]?.integer == 400)
        #expect(try ask(.lookup("o-1", at: Self.now + 3), &cashier, at: Self.now + 3).json["status"]?.integer == 0)
        #expect(cashier.ledger.events.map(\.kind) == [.accept, .notFound, .found])
    }

    @Test func lookUpsMayShowTheURLAndMayKnowPaidOrdersOnly() throws {
        var showing = try cashier("lookup-url=shown")
        let opened = try ask(.open("o-1", at: Self.now), &showing).json
        let (answer, found) = try ask(.lookup("o-1", at: Self.now), &showing)
        #expect(found["redirect_url"] == opened["redirect_url"])
        #expect(
            isSigned(answer, ["0", "\(Self.now)", found["customer"]?["customer_token"]?.text]),
            "the URL is not signed"
        )
        var paid = try cashier("paid-lookups")
        _ = try ask(.open("o-1", at: Self.now), &paid)
        #expect(try ask(.lookup("o-1", at: Self.now), &paid).json["description"]?.text == "Transaction not found")
        paid.change(.status(order: 0, .successful))
        #expect(try ask(.lookup("o-1", at: Self.now), &paid).json["status"]?.integer == 0)
    }

    @Test func aRejectedAttemptIsToldOnceTheSessionIsOver() throws {
        var cashier = try cashier("documented")
        _ = try ask(.open("o-1", at: Self.now), &cashier)
        cashier.change(.transaction(order: 0, ProviderTransaction(tid: 9, status: "rejected")))
        #expect(try ask(.lookup("o-1", at: Self.now), &cashier).json["transaction"] == .null)
        let later = try ask(.lookup("o-1", at: Self.now + 900), &cashier, at: Self.now + 900).json
        #expect(later["transaction"]?["transaction_status"]?.text == "rejected")
        #expect(later["transaction"]?["tid"]?.integer == 9)
    }

    // MARK: Fields

    @Test func aTokenMayHaveToBeTheProvidersOwn() throws {
        var cashier = try cashier("own-tokens")
        #expect(try ask(.open("o-1", at: Self.now), &cashier).json["status"]?.integer == 400)
        let data = #"{"country":"GB","first_name":"J","last_name":"R","email":"j@example.test"}"#
        let first = TestRequest.open("o-1", at: Self.now).with("customer_token", nil).with("customer_data", data)
        let token = try #require(ask(first, &cashier).json["customer"]?["customer_token"]?.text)
        let second = TestRequest.open("o-2", at: Self.now).with("customer_token", "\"\(token)\"")
        #expect(try ask(second, &cashier).json["status"]?.integer == 0)
    }

    @Test func anOverlongOrderMayBeCut() throws {
        var cashier = try cashier("overlong=truncated")
        let long = String(repeating: "o", count: 50)
        let answer = try ask(.open(long + "-17", at: Self.now), &cashier).json
        #expect(answer["session"]?["order_id"]?.text == long)
        #expect(try ask(.lookup(long + "-18", at: Self.now), &cashier).json["status"]?.integer == 0, "one order to it")
    }

    @Test(arguments: [
        ("disabled", 401), ("website-disabled", 401), ("no-access", 401), ("not-whitelisted", 406),
        ("no-permission", 406),
    ])
    func anAccountMayBeSetUpWrongly(_ state: String, _ code: Int64) throws {
        var cashier = try cashier("account=\(state)")
        #expect(try ask(.open("o-1", at: Self.now), &cashier).json["status"]?.integer == code)
        #expect(try ask(.lookup("o-1", at: Self.now), &cashier).json["status"]?.integer == code)
        #expect(cashier.ledger.sessionsOpened == 0)
    }

    // MARK: At run time

    @Test func thePersonalityChangesWhileItRuns() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        #expect(simulator.ask(.open("o-1")).answer?.code == 0)
        let changed = simulator.control("POST", "/_control/personality", body: "not-unique,nulls=omitted")
        #expect(changed?.json?["differences"]?.text == "duplicates=not-unique,nulls=omitted")
        #expect(simulator.ask(.open("o-1")).answer?.code == 400)
        let wrong = simulator.control("POST", "/_control/personality", body: "documented,nonsense")
        #expect(wrong?.status == 400 && wrong?.json?["error"]?.text?.contains("nonsense") == true)
        let shown = simulator.control("GET", "/_control/personality")?.json
        #expect(shown?["switches"]?["duplicates"]?.text == "not-unique", "a wrong text changes nothing")
        #expect(simulator.control("GET", "/_control/stats")?.json?["personality"]?.text?.isEmpty == false)
    }
}
