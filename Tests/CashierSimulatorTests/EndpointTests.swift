import Glibc
import Testing

@testable import CashierSimulator

/// The endpoints over real sockets.
@Suite struct EndpointTests {
    @Test func aSessionIsOpenedAndToldOfEverywhere() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let opened = try #require(simulator.ask(.open("o-1")).answer)
        #expect(opened.status == 200 && opened.code == 0)
        #expect(opened.header("content-type") == "application/json; charset=utf-8")
        let url = try #require(opened.json?["redirect_url"]?.text)
        let signed = RequestSignature.digits(
            ["0", opened.json?["timestamp"]?.signed, url, opened.json?["customer"]?["customer_token"]?.text],
            secret: merchant.secret
        )
        #expect(opened.header("gt-authentication") == signed)
        #expect(opened.text.contains("https:\\/\\/cashier"), "slashes are escaped as the provider does")
        #expect(simulator.ask(.lookup("o-1")).answer?.json?["session"]?["session_status"]?.text == "open")
        #expect(simulator.ask(.lookup("o-2")).answer?.code == 400)

        let stats = try #require(simulator.control("GET", "/stats")?.json)
        #expect(stats["sessions_opened"]?.integer == 1)
        #expect(stats["requests"]?["open"]?.integer == 1 && stats["requests"]?["lookup"]?.integer == 2)
        #expect(stats["answers"]?["0"]?.integer == 2 && stats["answers"]?["400"]?.integer == 1)
        guard case .array(let accepts)? = stats["accepts"]?["o-1"] else {
            Issue.record("no accepts: \(stats)")
            return
        }
        #expect(accepts.count == 1 && accepts[0]["url"]?.text == url)
        #expect(accepts[0]["session"] == opened.json?["session"]?["auth_token"])
        #expect(simulator.control("GET", "/stats?order=o-1")?.json?["accepts"] == .array(accepts))
        #expect(simulator.sessions(of: "o-2") == 0 && simulator.sessions(of: "never") == 0)

        let events = simulator.events()
        #expect(events.map { $0["event"]?.text } == ["accept", "found", "not_found"])
        #expect(events.map { $0["order_id"]?.text } == ["o-1", "o-1", "o-2"])
        #expect(events[0]["url"]?.text == url)
    }

    @Test func theProvidersEndpointsMayStandBehindABasePath() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        var open = TestRequest.open("o-1")
        open.path = "/sandbox/v1/cashier/virtual-terminal"
        #expect(simulator.ask(open).answer?.code == 0)
        var lookup = TestRequest.lookup("o-1")
        lookup.path = "/cashier/agent/find-order"
        #expect(simulator.ask(lookup).answer?.code == 0)
    }

    @Test(arguments: [
        ("GET", "/cashier/virtual-terminal", 405), ("GET", "/agent/find-order", 405), ("POST", "/stats", 405),
        ("POST", "/accepts", 405), ("GET", "/reset", 405), ("PUT", "/faults", 405), ("GET", "/", 404),
        ("GET", "/statsx", 404),
    ])
    func otherMethodsAndPathsAreRefused(_ method: String, _ path: String, _ status: Int) throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        #expect(simulator.control(method, path)?.status == status)
    }

    @Test func faultsAreChangedWhileItRuns() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        #expect(simulator.ask(.open("a")).answer?.code == 0)
        let changed = simulator.control("POST", "/faults?seed=7", body: "333=100%")
        #expect(changed?.json?["faults"]?.text == "333=100%" && changed?.json?["seed"]?.integer == 7)
        #expect(simulator.ask(.open("b")).answer?.code == 333)
        let wrong = simulator.control("POST", "/faults", body: "333=100%,nonsense=1%")
        #expect(wrong?.status == 400)
        #expect(wrong?.json?["error"]?.text?.contains("nonsense") == true)
        #expect(
            simulator.control("GET", "/faults")?.json?["faults"]?.text == "333=100%",
            "a wrong plan changes nothing"
        )
        #expect(simulator.control("POST", "/faults")?.json?["faults"]?.text?.isEmpty == true)
        #expect(simulator.ask(.open("b")).answer?.code == 0)
    }

    @Test func itsClockIsSetWhileItRuns() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        #expect(simulator.control("POST", "/clock?offset_ms=-90000")?.json?["offset_ms"]?.integer == -90_000)
        #expect(simulator.ask(.open("a")).answer?.code == 400, "signed in its future")
        #expect(simulator.control("POST", "/clock?offset_ms=soon")?.status == 400)
        #expect(simulator.control("POST", "/clock?offset_ms=0")?.status == 200)
        #expect(simulator.ask(.open("a")).answer?.code == 0)
    }

    @Test func aResetForgetsAllButTheFaults() throws {
        let simulator = try RunningSimulator.withFaults("333=100%,only=lookup")
        defer { simulator.stop() }
        #expect(simulator.ask(.open("o-1")).answer?.code == 0)
        #expect(simulator.control("POST", "/reset")?.status == 200)
        #expect(simulator.sessions(of: "o-1") == 0)
        #expect(simulator.events().isEmpty)
        #expect(simulator.ask(.lookup("o-1")).answer?.code == 333)
    }

    @Test func aSessionsStatusCanBeSetForLookUps() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        #expect(simulator.ask(.open("o-1")).answer?.code == 0)
        #expect(simulator.control("POST", "/sessions?order=o-1&status=action+required")?.status == 200)
        let found = simulator.ask(.lookup("o-1")).answer?.json
        #expect(found?["session"]?["session_status"]?.text == "action required")
        #expect(simulator.control("POST", "/sessions?order=o-1&status=odd")?.status == 400)
        #expect(simulator.control("POST", "/sessions?order=o-2&status=open")?.status == 400)
    }

    @Test func aLongEventListIsStreamedAndCanBeReadInParts() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let client = simulator.client()
        for number in 0..<1500 {
            client.send(TestRequest.open("o-\(number)").bytes)
            try #require(client.receive().answer?.code == 0)
        }
        let whole = try #require(simulator.control("GET", "/accepts"))
        #expect(whole.header("transfer-encoding") == "chunked")
        let events = simulator.events()
        #expect(events.map { $0["order_id"]?.text } == (0..<1500).map { "o-\($0)" })
        #expect(events.map { $0["seq"]?.integer } == (0..<1500).map(Int64.init))
        #expect(simulator.events("?from=1490").count == 10)
        #expect(simulator.events("?from=10&limit=2").map { $0["order_id"]?.text } == ["o-10", "o-11"])
        #expect(simulator.events("?from=9999").isEmpty)
        #expect(simulator.control("GET", "/accepts?from=x")?.status == 400)
        #expect(simulator.control("GET", "/stats")?.json?["accepts_listed"] == .boolean(false))
    }

    @Test func withoutTheEventListSessionsAreStillCounted() throws {
        let simulator = try RunningSimulator.withFaults { $0.keepsEvents = false }
        defer { simulator.stop() }
        #expect(simulator.ask(.open("o-1")).answer?.code == 0)
        #expect(simulator.ask(.lookup("o-1")).answer?.code == 0)
        #expect(simulator.sessions(of: "o-1") == 1)
        #expect(simulator.events().isEmpty)
        #expect(simulator.statistics().eventsDropped == 2)
    }

    // MARK: HTTP

    @Test func oneConnectionCarriesPipelinedChunkedAndWaitingRequests() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let client = simulator.client()
        client.send(TestRequest.open("a").bytes + TestRequest.open("b").bytes)
        #expect(client.receive().answer?.json?["session"]?["order_id"]?.text == "a")
        #expect(client.receive().answer?.json?["session"]?["order_id"]?.text == "b")

        let chunked = TestRequest.open("c")
        let half = chunked.body.count / 2
        let head = "POST \(chunked.path) HTTP/1.1\r\nGt-Authentication: \(chunked.rightSignature)\r\n"
        client.send("\(head)Transfer-Encoding: chunked\r\n\r\n")
        client.send("\(String(half, radix: 16))\r\n")
        client.send(Array(chunked.body[..<half]))
        client.send("\r\n\(String(chunked.body.count - half, radix: 16))\r\n")
        client.send(Array(chunked.body[half...]))
        client.send("\r\n0\r\n\r\n")
        #expect(client.receive().answer?.json?["session"]?["order_id"]?.text == "c")

        let waiting = TestRequest.open("d")
        client.send(
            "POST \(waiting.path) HTTP/1.1\r\nGt-Authentication: \(waiting.rightSignature)\r\n"
                + "Expect: 100-continue\r\nContent-Length: \(waiting.body.count)\r\n\r\n"
        )
        #expect(client.receive().answer?.status == 100)
        client.send(waiting.body)
        #expect(client.receive().answer?.json?["session"]?["order_id"]?.text == "d")
        #expect(simulator.control("GET", "/stats")?.json?["connections_open"]?.integer == 2)
    }

    @Test func aConnectionIsClosedWhenTheClientWantsItSo() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let client = simulator.client()
        var request = TestRequest.open("a")
        request.keepsAlive = false
        client.send(request.bytes)
        #expect(client.receive().answer?.header("connection") == "close")
        #expect(client.receive() == .closed(bytes: 0))
    }

    @Test func aRefusedRequestIsAnsweredBeforeTheConnectionEnds() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let client = simulator.client()
        client.send("POST /cashier/virtual-terminal HTTP/1.1\r\nContent-Length: 300000\r\n\r\n")
        client.send([UInt8](repeating: 0x20, count: 300_000))
        #expect(client.receive().answer?.status == 413)
        #expect(client.receive() == .closed(bytes: 0))
    }

    @Test func aHeadRequestGetsNoBody() throws {
        let simulator = try RunningSimulator.withFaults { $0.clockOffset = .seconds(-3600) }
        defer { simulator.stop() }
        let client = simulator.client()
        client.send("HEAD / HTTP/1.1\r\n\r\n")
        let answer = try #require(client.receive(isHead: true).answer)
        #expect(answer.status == 404)
        #expect(answer.header("date")?.hasSuffix(" GMT") == true)
        client.send("GET /faults HTTP/1.1\r\n\r\n")
        #expect(client.receive().answer?.status == 200, "the connection is still in step")
    }

    @Test func noiseIsRefusedAndTheNextClientIsServed() throws {
        let simulator = try RunningSimulator.withFaults()
        defer { simulator.stop() }
        let valid = TestRequest.open("o-1").bytes
        var dice = Dice(seed: 5, subject: 0, call: 0)
        for _ in 0..<300 {
            var bytes = valid
            for _ in 0..<4 { bytes[Int(dice.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: dice.next()) }
            simulator.client().send(bytes)
        }
        #expect(simulator.ask(.open("o-2")).answer?.code == 0)
    }
}
