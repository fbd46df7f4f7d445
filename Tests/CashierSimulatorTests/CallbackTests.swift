import Glibc
import SessionCore
import Testing

@testable import CashierSimulator

/// The simulator sends callbacks over real sockets and judges the answers.
@Suite struct CallbackTests {
    private func start(
        _ receiver: CallbackReceiver?,
        _ personality: String = ""
    ) throws -> RunningSimulator {
        let personality = try Personality(parsing: personality)
        return try RunningSimulator.withFaults {
            $0.personality = personality
            $0.callbackBase = receiver?.base
        }
    }

    private func open(_ order: String, _ simulator: RunningSimulator) {
        let request = TestRequest.open(order).with("validation_url", "\"https://crm.example.test/v?x=1\"")
        #expect(simulator.ask(request).answer?.code == 0)
    }

    private func post(_ body: String, _ simulator: RunningSimulator) -> [Int64] {
        let answer = simulator.control("POST", "/_control/callbacks", body: body)
        guard answer?.status == 202, case .array(let ids)? = answer?.json?["callbacks"] else {
            Issue.record("not taken: \(answer?.text ?? "no answer")")
            return []
        }
        return ids.compactMap(\.integer)
    }

    private func list(_ simulator: RunningSimulator, _ query: String = "") -> [JSONTree] {
        let text = simulator.control("GET", "/_control/callbacks\(query)")?.text ?? ""
        return text.split(separator: "\n").compactMap { try? JSONTree.read(Array($0.utf8)) }
    }

    /// The list once nothing is waiting any more.
    private func settled(_ simulator: RunningSimulator) -> [JSONTree] {
        #expect(becomesTrue { list(simulator).allSatisfy { $0["waiting"] == .boolean(false) } })
        return list(simulator)
    }

    private func isSigned(_ post: ReceivedPost) -> Bool {
        guard let json = post.json, let signature = post.signature else { return false }
        let transaction = json["transaction"]
        let values = [
            json["merchant_id"], json["application_key"], json["timestamp"], json["customer"]?["customer_token"],
            json["session"]?["order_id"], transaction?["tid"], transaction?["currency"], transaction?["amount"],
            transaction?["conversion_rate"], transaction?["processed_currency"], transaction?["processed_amount"],
        ]
        return RequestSignature.matches(signature, values.map { $0?.signed }, secret: merchant.secret)
    }

    @Test func aNotificationGoesToTheSessionsURLAndMovesTheTruth() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        #expect(post(#"{"order":"o-1","status":"pending"}"#, simulator) == [1])
        #expect(settled(simulator).last?["outcome"]?.text == "acknowledged")
        #expect(simulator.ask(.lookup("o-1")).answer?.json?["session"]?["session_status"]?.text == "action required")
        #expect(post(#"{"order":"o-1","processed_currency":"JPY","conversion_rate":"160.500000"}"#, simulator) == [2])
        let records = settled(simulator)
        #expect(records.map { $0["gt_authentication"]?.text } == ["right", "right"])
        #expect(records.map { $0["external_request_signature"]?.text } == ["right", "right"])
        let posts = receiver.posts
        #expect(posts.map(\.path) == ["/n", "/n"])
        #expect(posts.allSatisfy { isSigned($0) })
        #expect(posts[0].json?["transaction"]?["conversion_rate"] == .null)
        #expect(posts[1].json?["transaction"]?["tid"] == posts[0].json?["transaction"]?["tid"], "one attempt")
        #expect(posts[1].json?["transaction"]?["processed_amount"]?.integer == 160, "100 cents are 160 yen")
        let found = simulator.ask(.lookup("o-1")).answer?.json
        #expect(found?["session"]?["session_status"]?.text == "successful")
        #expect(found?["transaction"]?["transaction_status"]?.text == "approved")
        #expect(simulator.control("GET", "/stats")?.json?["callbacks"]?["acknowledged"]?.integer == 2)
    }

    @Test func anExpiredSessionIsToldWithoutATransaction() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement(0, .external) }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1","status":"expired"}"#, simulator)
        let record = settled(simulator).last
        #expect(record?["outcome"]?.text == "acknowledged" && record?["gt_authentication"]?.text == "absent")
        let post = try #require(receiver.posts.last)
        #expect(post.json?["transaction"] == .null && isSigned(post))
        #expect(post.json?["session"]?["session_status"]?.text == "expired")
        #expect(simulator.ask(.lookup("o-1")).answer?.json?["session"]?["session_status"]?.text == "expired")
    }

    @Test func theEndOfAnUnpaidSessionIsToldByItself() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver, "expiry-notices=on,session-lifetime=300ms")
        defer { simulator.stop() }
        open("paid", simulator)
        open("unpaid", simulator)
        _ = post(#"{"order":"paid"}"#, simulator)
        #expect(becomesTrue { list(simulator, "?order=unpaid").first?["waiting"] == .boolean(false) })
        #expect(list(simulator, "?order=unpaid").first?["status"]?.text == "expired")
        #expect(list(simulator, "?order=paid").map { $0["status"]?.text } == ["approved"])
    }

    @Test(arguments: [
        (0, CallbackReceiver.Headers.both, "acknowledged", "allowed"), (0, .none, "unsigned", "allowed"),
        (400, .both, "refused", "blocked"), (-1, .none, "refused", "blocked"),
    ])
    func aValidationIsAllowedOrBlockedByItsAnswer(
        _ status: Int,
        _ headers: CallbackReceiver.Headers,
        _ outcome: String,
        _ payment: String
    ) throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement(status, headers) }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1","kind":"validation","amount":250}"#, simulator)
        let record = settled(simulator).last
        #expect(record?["outcome"]?.text == outcome && record?["payment"]?.text == payment)
        #expect(record?["answer_description"]?.text == "Ok")
        #expect(receiver.posts.last?.path == "/v")
        #expect(receiver.posts.last?.json?["transaction_attempt"]?["amount"]?.integer == 250)
        #expect(simulator.ask(.lookup("o-1")).answer?.json?["transaction"] == .null, "nobody has paid")
    }

    @Test func anAnswerThatIsSignedWronglyIsNotedAndOneThatNeverComesTimesOut() throws {
        let wrong = try CallbackReceiver { _ in CallbackReceiver.acknowledgement(secret: "other") }
        let simulator = try start(wrong, "callback-timeout=200ms")
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1"}"#, simulator)
        #expect(settled(simulator).last?["outcome"]?.text == "bad_signature")
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(silent) }
        let closing = try CallbackReceiver { _ in nil }
        _ = post(#"{"order":"o-1","url":"\#(closing.base)/n"}"#, simulator)
        #expect(settled(simulator).last?["reason"]?.text?.contains("closed") == true)
        let slow = try CallbackReceiver { _ in
            usleep(400_000)
            return CallbackReceiver.acknowledgement()
        }
        _ = post(#"{"order":"o-1","url":"\#(slow.base)/n"}"#, simulator)
        let record = settled(simulator).last
        #expect(record?["outcome"]?.text == "no_answer" && record?["reason"]?.text?.contains("in time") == true)
        _ = post(#"{"order":"o-1","url":"https://127.0.0.1/n"}"#, simulator)
        #expect(settled(simulator).last?["reason"]?.text?.contains("https") == true)
        _ = post(#"{"order":"o-1","url":"http://127.0.0.1:1/n"}"#, simulator)
        #expect(settled(simulator).last?["reason"]?.text?.contains("connect") == true)
    }

    @Test func aNotificationWithoutAcknowledgementIsSentAgain() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement(-1) }
        let simulator = try start(receiver, "repeats=2,repeat-after=50ms")
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1"}"#, simulator)
        #expect(becomesTrue { receiver.posts.count == 3 })
        #expect(settled(simulator).last?["attempts"]?.integer == 3)
        let tids = Set(receiver.posts.map { $0.json?["transaction"]?["tid"]?.integer ?? 0 })
        #expect(tids.count == 1)
    }

    @Test(arguments: Personality.Repetition.allCases)
    func aRepetitionHasATimestampOfItsOwnOrTheSameBytes(_ repetition: Personality.Repetition) throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement(-1) }
        // Timestamps are whole seconds.
        let simulator = try start(receiver, "repeats=1,repeat-after=1100ms,repetition=\(repetition.rawValue)")
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1"}"#, simulator)
        #expect(becomesTrue { receiver.posts.count == 2 })
        _ = settled(simulator)
        let posts = receiver.posts
        #expect(posts.allSatisfy { isSigned($0) })
        #expect((posts.first == posts.last) == (repetition == .same))
    }

    @Test func duplicatesReplaysAndAShuffledScript() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        #expect(post(#"{"order":"o-1","copies":3}"#, simulator) == [1, 2, 3])
        _ = settled(simulator)
        #expect(post(#"{"replay":1}"#, simulator) == [4])
        _ = settled(simulator)
        let posts = receiver.posts
        #expect(posts.count == 4 && posts[3] == posts[0], "the same bytes and the same signature")
        let statuses = ["initialized", "pending", "authorized", "approved", "refund", "chargeback"]
        let specs = statuses.map { #"{"order":"o-1","tid":"new","status":"\#($0)"}"# }.joined(separator: ",")
        _ = post(#"{"callbacks":[\#(specs)],"shuffle":7}"#, simulator)
        _ = settled(simulator)
        let seen = receiver.posts.dropFirst(4).compactMap { $0.json?["transaction"]?["transaction_status"]?.text }
        #expect(Set(seen) == Set(statuses) && seen != statuses)
        let shown = list(simulator, "?id=1").first
        #expect(shown?["body"]?.text.map { Array($0.utf8) } == posts[0].body)
        #expect(shown?["signature"]?.text == posts[0].signature)
    }

    @Test func aDelayedCallbackIsOvertakenByALaterOne() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        let specs = #"{"order":"o-1","status":"pending","delay":"200ms"},{"order":"o-1","status":"approved"}"#
        _ = post(#"{"callbacks":[\#(specs)]}"#, simulator)
        _ = settled(simulator)
        #expect(
            receiver.posts.compactMap { $0.json?["transaction"]?["transaction_status"]?.text } == [
                "approved", "pending",
            ]
        )
    }

    @Test(arguments: Forgery.allCases)
    func forgeriesAreSentAndMoveNoTruth(_ forgery: Forgery) throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        open("o-1", simulator)
        _ = post(#"{"order":"o-1","forge":"\#(forgery.rawValue)"}"#, simulator)
        _ = settled(simulator)
        let post = try #require(receiver.posts.last)
        let age = wallSeconds() - (post.json?["timestamp"]?.integer ?? 0)
        switch forgery {
        case .secret, .signature, .unsigned, .tampered, .broken: #expect(!isSigned(post))
        case .merchant: #expect(isSigned(post) && post.json?["merchant_id"]?.text == "Test-Integration-Merchant-other")
        case .order: #expect(isSigned(post) && post.json?["session"]?["order_id"]?.text == "o-1-foreign")
        case .cid: #expect(isSigned(post) && post.json?["session"]?["cid"]?.text == "1-other")
        case .stale: #expect(isSigned(post) && age >= 3600)
        case .future: #expect(isSigned(post) && age <= -3590)
        }
        #expect(simulator.ask(.lookup("o-1")).answer?.json?["transaction"] == .null)
    }

    @Test(arguments: [
        ("[]", "order is missing"), ("{", "JSON object"), (#"{"order":"o-2"}"#, "has no session"),
        (#"{"order":"o-1","colour":1}"#, "no colour"), (#"{"order":"o-1","forge":"all"}"#, "forge is"),
        (#"{"order":"o-1","copies":0}"#, "copies"), (#"{"order":"o-1","delay":"soon"}"#, "delay"),
        (#"{"replay":9}"#, "no callback 9"), (#"{"callbacks":[{"order":"o-1"}],"shuffle":"x"}"#, "shuffle"),
        (#"{"order":"o-1","amount":{}}"#, "amount is"), (#"{"status":"approved"}"#, "order is missing"),
    ])
    func aRequestThatCannotBeObeyedIsExplained(_ body: String, _ reason: String) throws {
        let simulator = try start(nil)
        defer { simulator.stop() }
        open("o-1", simulator)
        let answer = simulator.control("POST", "/_control/callbacks", body: body)
        #expect(answer?.status == 400)
        let error = answer?.json?["error"]?.text ?? ""
        #expect(error.contains(reason) || body == "[]", "\(error)")
        #expect(list(simulator).isEmpty)
    }

    @Test func aThousandCallbacksArriveAndAResetForgetsThem() throws {
        let receiver = try CallbackReceiver { _ in CallbackReceiver.acknowledgement() }
        let simulator = try start(receiver)
        defer { simulator.stop() }
        for number in 0..<20 { open("o-\(number)", simulator) }
        let specs = (0..<20).map { #"{"order":"o-\#($0)","copies":50}"# }.joined(separator: ",")
        #expect(post(#"{"callbacks":[\#(specs)],"shuffle":1}"#, simulator).count == 1000)
        #expect(
            becomesTrue { simulator.control("GET", "/stats")?.json?["callbacks"]?["acknowledged"]?.integer == 1000 }
        )
        #expect(receiver.posts.count == 1000)
        #expect(simulator.control("POST", "/reset")?.status == 200)
        #expect(list(simulator).isEmpty)
    }

    @Test func stoppingEndsACallbackThatHangs() throws {
        let hanging = try CallbackReceiver { _ in
            usleep(1_500_000)
            return nil
        }
        let simulator = try start(hanging)
        open("o-1", simulator)
        _ = post(#"{"order":"o-1"}"#, simulator)
        #expect(becomesTrue { hanging.posts.count == 1 })
        let start = CallbackQueue.now()
        simulator.stop()
        #expect(CallbackQueue.now() - start < 1_000_000_000)
    }

    @Test func callbacksKeepTheirOrderInTheQueue() {
        var queue = CallbackQueue()
        func ticket(_ id: Int) -> CallbackTicket {
            CallbackTicket(subject: .record(id), delay: .zero, lane: 0, epoch: 0)
        }
        for (id, at) in [(1, 5), (2, 3), (3, 5), (4, 1), (5, 3)] { queue.add(ticket(id), at: Int64(at)) }
        #expect(queue.takeDue(now: 0) == nil && queue.nextAt == 1)
        var taken: [CallbackTicket] = []
        while let next = queue.takeDue(now: 5) { taken.append(next) }
        #expect(taken == [4, 2, 5, 1, 3].map(ticket))
        #expect(queue.nextAt == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:9000/a?b=1", "127.0.0.1", 9000, "/a?b=1"), ("http://localhost", "localhost", 80, "/"),
        ("http://h?x=1", "h", 80, "/?x=1"),
    ])
    func urlsAreTakenApart(_ url: String, _ host: String, _ port: Int, _ path: String) throws {
        let target = try WebTarget(url)
        #expect(target.host == host && target.port == port && target.path == path)
    }

    @Test(arguments: [
        "", "https://h/", "ftp://h/", "http://", "http://h:0/", "http://h:x/", "http://a b/", "http://h:1:2/",
    ])
    func urlsThatCannotBeCalledAreRefused(_ url: String) {
        #expect(throws: CallbackFailure.self) { try WebTarget(url) }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x\r\nk\r\n0\r\n\r\n",
            "ok"
        ),
        ("HTTP/1.0 200 OK\r\nX: y\r\n\r\nok", "ok"),
    ])
    func answersArePutTogetherByteByByte(_ text: String, _ body: String) throws {
        var reader = CallbackReplyReader()
        for byte in text.utf8 {
            #expect(try reader.reply(isEnd: false) == nil)
            reader.append([byte])
        }
        #expect(try reader.reply(isEnd: true)?.body == Array(body.utf8))
    }
}
