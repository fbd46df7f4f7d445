import Cryptography
import HTTPServer
import SessionCore
import Testing

@testable import CashierSimulator

/// The provider's rules, without sockets.
@Suite struct RuleTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var code: Int64
        var text: String
        var change: @Sendable (inout TestRequest) -> Void

        init(_ what: String, _ code: Int64, _ text: String, _ change: @escaping @Sendable (inout TestRequest) -> Void) {
            testDescription = what
            self.code = code
            self.text = text
            self.change = change
        }

        /// One field as JSON text; nil leaves it out.
        init(_ field: String, _ json: String?, _ text: String, code: Int64 = 400) {
            self.init("\(field)=\(json?.prefix(20) ?? "absent")", code, text) { $0.fields[field] = json }
        }
    }

    static let now: Int64 = 1_800_000_000

    static let refusals: [Refusal] =
        [
            Refusal("merchant_id", nil, "merchant_id is missing"),
            Refusal("merchant_id", "\"nobody\"", "Account not found", code: 401),
            Refusal("application_key", "\"other\"", "Website not found", code: 401),
            Refusal("version", nil, "version"),
            Refusal("version", "\"1.2\"", "version"),
            Refusal("version", "1.3", "version"),
            Refusal("timestamp", nil, "timestamp is missing"),
            Refusal("timestamp", "\"today\"", "not in unix format"),
            Refusal("timestamp", "1800000000.5", "not in unix format"),
            Refusal("timestamp", "1800000001", "in the future"),
            Refusal("timestamp", "1799999940", "too old"),
            Refusal("no signature", 400, "GT-Authentication header is missing") { $0.signature = "" },
            Refusal("other secret", 401, "signature does not match") { $0.secret = "MerchantSecretKez" },
            Refusal("upper case", 401, "signature does not match") { $0.signature = $0.rightSignature.uppercased() },
            Refusal("customer_token", nil, "customer_data or customer_token is required"),
            Refusal("customer_token", "\"\"", "customer_data or customer_token is required"),
        ] + fieldRefusals

    static let fieldRefusals: [Refusal] = [
        Refusal("agent_name", nil, "agent_name is required"),
        Refusal("agent_name", "\"\"", "agent_name is empty"),
        Refusal("agent_name", "\"\(String(repeating: "x", count: 33))\"", "agent_name is longer than 32"),
        Refusal("intent", "\"sale\"", "intent is none of"),
        Refusal("currency", "\"TOOLONGCODE\"", "currency is longer"),
        Refusal("amount", "-1", "amount is not a whole number"),
        Refusal("amount", "1.5", "amount is not a whole number"),
        Refusal("amount", "\"100\"", "amount is not a whole number"),
        Refusal("amount", "100000000000000000000", "amount has more than 20 digits"),
        Refusal("cid", "1", "cid is not a string"),
        Refusal("locale", "\"en\"", "locale is not of the form"),
        Refusal("locale", "\"en_GB\"", "locale is not of the form"),
        Refusal("notification_url", nil, "notification_url is required"),
        Refusal("notification_url", "\"ftp://x\"", "notification_url does not begin"),
        Refusal("return_url", "null", "return_url is required"),
        Refusal("order_id", nil, "order_id is required"),
        Refusal("order_id", "\"\(String(repeating: "o", count: 51))\"", "order_id is longer than 50"),
        Refusal("variable1", "\"\(String(repeating: "v", count: 257))\"", "variable1 is longer than 256"),
        Refusal("customer_data", "[]", "customer_data is not an object"),
        Refusal(
            "customer_data",
            "{\"first_name\":\"\(String(repeating: "n", count: 26))\"}",
            "customer_data.first_name"
        ),
        Refusal("customer_data", "{\"phone\":\"+44\"}", "customer_data.phone has something other than digits"),
        Refusal("customer_data", "{\"profile\":6}", "customer_data.profile"),
        Refusal("variable3", "\"simulate:nothing\"", "variable3 begins with simulate:"),
    ]

    private func answer(_ request: TestRequest, _ cashier: inout SimulatedCashier, at seconds: Int64 = now) throws
        -> JSONTree
    {
        let moment = Timestamp(seconds: seconds)
        let answer = cashier.answer(request.request, now: moment, isHeld: false, connectionsOpen: 1)
        return try JSONTree.read(answer.body)
    }

    private func cashier(_ change: (inout SimulatorConfiguration) -> Void = { _ in }) -> SimulatedCashier {
        var configuration = SimulatorConfiguration(accounts: [merchant])
        change(&configuration)
        return SimulatedCashier(configuration, salt: 7)
    }

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) throws {
        var cashier = cashier()
        var request = TestRequest.open("o-1", at: Self.now)
        refusal.change(&request)
        let answer = try answer(request, &cashier)
        #expect(answer["status"]?.integer == refusal.code)
        #expect(answer["description"]?.text?.contains(refusal.text) == true, "\(answer)")
        #expect(cashier.ledger.sessionsOpened == 0)
    }

    @Test(arguments: ["", "[]", "{", "{\"a\":1,\"a\":2}", "\u{FEFF}{}", "null"])
    func refusesABodyThatIsNoStrictObject(_ body: String) throws {
        var cashier = cashier()
        var request = TestRequest.open("o-1", at: Self.now).request
        request.body = Array(body.utf8)
        let moment = Timestamp(seconds: Self.now)
        let answer = cashier.answer(request, now: moment, isHeld: false, connectionsOpen: 1)
        #expect(try JSONTree.read(answer.body)["description"]?.text?.contains("valid JSON object") == true)
    }

    @Test func acceptsTheEdgesOfTheTimestampWindow() throws {
        var cashier = cashier()
        #expect(try answer(.open("a", at: Self.now), &cashier)["status"]?.integer == 0)
        #expect(try answer(.open("b", at: Self.now - 59), &cashier)["status"]?.integer == 0)
        var tolerant = self.cashier { $0.clockToleranceSeconds = 5 }
        #expect(try answer(.open("a", at: Self.now + 5), &tolerant)["status"]?.integer == 0)
        #expect(try answer(.open("b", at: Self.now + 6), &tolerant)["status"]?.integer == 400)
    }

    @Test func theProvidersClockMayDifferFromTheMachines() throws {
        var cashier = cashier { $0.clockOffset = .seconds(-61) }
        #expect(try answer(.open("a", at: Self.now), &cashier)["status"]?.integer == 400)
        let accepted = try answer(.open("a", at: Self.now - 61), &cashier)
        #expect(accepted["timestamp"]?.integer == Self.now - 61)
        #expect(cashier.ledger.orders[0].acceptedAt == Self.now * 1_000_000, "the ground truth is the machine's time")
    }

    @Test func answersLikeTheDocumentedExample() throws {
        var cashier = cashier()
        let request = TestRequest.open("o-1", at: Self.now)
            .with(
                "customer_data",
                #"{"country":"GB","first_name":"Zo\u00eb","last_name":"M","email":"z@example.test"}"#
            )
            .with("variable1", "\"\u{1F4BC}/x\"")
        let answer = try answer(request, &cashier)
        #expect(answer["status"]?.integer == 0)
        #expect(answer["version"]?.text == "1.3")
        #expect(answer["timestamp"]?.integer == Self.now)
        #expect(answer["customer"]?["customer_token"]?.text == "c-token")
        #expect(answer["customer"]?["first_name"]?.text == "Zo\u{EB}")
        let session = try #require(answer["session"])
        #expect(session["order_id"]?.text == "o-1")
        #expect(session["cid"]?.text == "1")
        #expect(session["intent"]?.text == "payment")
        #expect(session["amount"]?.integer == 100)
        #expect(session["gateway"] == .null)
        #expect(session["variable1"]?.text == "\u{1F4BC}/x")
        let token = try #require(session["auth_token"]?.text)
        #expect(token.utf8.count == 32)
        #expect(answer["redirect_url"]?.text == "https://cashier.example.test/login/\(token)?v=1.3")
    }

    @Test func aFreshPersonalityOpensASessionForEachCall() throws {
        var cashier = cashier()
        let first = try answer(.open("o-1", at: Self.now), &cashier)
        let second = try answer(.open("o-1", at: Self.now), &cashier)
        #expect(first["session"]?["auth_token"] != second["session"]?["auth_token"])
        #expect(cashier.ledger.accepts(of: 0).count == 2)
    }

    @Test func anIdempotentPersonalityAnswersWithTheSameSessionWhileItLives() throws {
        var cashier = cashier { $0.personality = .idempotent }
        let first = try answer(.open("o-1", at: Self.now), &cashier)
        let again = try answer(.open("o-1", at: Self.now + 899), &cashier, at: Self.now + 899)
        #expect(first["redirect_url"] == again["redirect_url"])
        let later = try answer(.open("o-1", at: Self.now + 900), &cashier, at: Self.now + 900)
        #expect(later["redirect_url"] != first["redirect_url"])
        #expect(cashier.ledger.sessionsOpened == 2)
        #expect(cashier.ledger.events.map(\.kind) == [.accept, .again, .accept])
    }

    @Test func aNotUniquePersonalityRefusesTheSecondCall() throws {
        var cashier = cashier { $0.personality = .notUnique }
        #expect(try answer(.open("o-1", at: Self.now), &cashier)["status"]?.integer == 0)
        let second = try answer(.open("o-1", at: Self.now), &cashier)
        #expect(second["status"]?.integer == 400)
        #expect(second["description"]?.text == "order_id is not unique")
        #expect(cashier.ledger.sessionsOpened == 1)
    }

    @Test func theSameOrderOfTwoMerchantsIsTwoOrders() throws {
        var cashier = cashier {
            $0.personality = .notUnique
            $0.accounts.append(
                SimulatorAccount(merchantID: "Second", applicationKey: "S", secret: Secret("MerchantSecretKey"))
            )
        }
        #expect(try answer(.open("o-1", at: Self.now), &cashier)["status"]?.integer == 0)
        let other = TestRequest.open("o-1", at: Self.now).with("merchant_id", "\"Second\"").with(
            "application_key",
            "\"S\""
        )
        #expect(try answer(other, &cashier)["status"]?.integer == 0)
    }

    @Test func aLookUpFindsTheSessionWithoutItsURL() throws {
        var cashier = cashier()
        let opened = try answer(.open("o-1", at: Self.now), &cashier)
        let found = try answer(.lookup("o-1", at: Self.now), &cashier)
        #expect(found["status"]?.integer == 0)
        #expect(found["redirect_url"] == nil)
        #expect(found["transaction"] == .null)
        #expect(found["session"]?["session_status"]?.text == "open")
        #expect(found["session"]?["auth_token"] == opened["session"]?["auth_token"])
        #expect(found["session"]?["cid"]?.text == "1")
        let later = try answer(.lookup("o-1", at: Self.now + 900), &cashier, at: Self.now + 900)
        #expect(later["session"]?["session_status"]?.text == "expired")
        #expect(try answer(.lookup("o-2", at: Self.now), &cashier)["description"]?.text == "Transaction not found")
        #expect(cashier.ledger.events.map(\.kind) == [.accept, .found, .found, .notFound])
    }

    @Test func aDisabledAgentAPIRefusesLookUps() throws {
        var cashier = cashier { $0.lookups = .disabled }
        #expect(try answer(.lookup("o-1", at: Self.now), &cashier)["status"]?.integer == 403)
    }

    @Test func errorsMayBeSignedAndHaveHTTPStatuses() throws {
        var cashier = cashier {
            $0.signsErrors = true
            $0.errorStyle = .http
            $0.wrongSignatureCode = 400
        }
        var request = TestRequest.open("o-1", at: Self.now)
        request.secret = "wrong"
        let moment = Timestamp(seconds: Self.now)
        let answer = cashier.answer(request.request, now: moment, isHeld: false, connectionsOpen: 1)
        #expect(answer.status == 400)
        #expect(try JSONTree.read(answer.body)["description"]?.text == "Invalid signature")
        let signature = Hashes.sha384(Array("400\(Self.now)MerchantSecretKey".utf8)).hex
        #expect(answer.headers.contains(HTTPHeader(name: "Gt-Authentication", value: signature)))
        #expect(cashier.statistics.signatureFailures == 1)
    }

    @Test func theDateIsTheProvidersClock() {
        #expect(httpDate(Timestamp(seconds: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(httpDate(Timestamp(seconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
}
