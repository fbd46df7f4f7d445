import BlockingThreads
import Cryptography
import SessionCore
import Synchronization
import Testing

@testable import CashierClient

@Suite("Calls over real connections")
struct ExchangeTests {
    /// Answers every request of a connection with its order's session.
    @Sendable
    static func answerAll(_ connection: RawConnection) {
        while let request = connection.readRequest() { connection.write(.opened(orderID: request.orderID)) }
    }

    @Test("the request goes out as the provider's page says, and its answer opens a session")
    func opening() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            let answer = await client.answer()
            #expect(answer.outcome.isOpened)
            #expect(answer.elapsed > .zero)
            let request = try #require(server.requests.first)
            #expect(request.head.hasPrefix("POST /cashier/virtual-terminal HTTP/1.1\r\n"))
            #expect(request.header("Content-Type") == "application/json; charset=utf-8")
            #expect(request.header("Host") == "127.0.0.1:\(server.port)")
            for name in ["Expect", "Accept-Encoding", "Transfer-Encoding", "Authorization", "User-Agent"] {
                #expect(request.header(name) == nil)
            }
            let expected = RequestWriter.open(
                SharedRequest(Sample.request()),
                account: Sample.account(),
                timestamp: Sample.signedAt
            )
            #expect(request.body == expected.body)
            #expect(request.header("Gt-Authentication") == expected.signature)
        }
    }

    @Test("an answer's age counts from the start of its call, however long the job waited after its mark")
    func waitedAfterItsMark() async throws {
        try await RawServer.with { connection in
            while let request = connection.readRequest() {
                connection.write(.opened(orderID: request.orderID, at: Sample.signedAt + 15))
            }
        } _: { server in
            var account = Sample.account(endpoint: "http://127.0.0.1:\(server.port)/cashier/virtual-terminal")
            account.freshness = .seconds(5)
            let client = try CashierHTTPClient(accounts: [account])
            var call = Sample.call()
            call.startedAt = call.markedAt.advanced(by: .seconds(15))
            #expect(await client.answer(to: call).outcome.isOpened)
            let signed = RequestWriter.open(
                SharedRequest(Sample.request()),
                account: Sample.account(),
                timestamp: Sample.signedAt
            )
            #expect(server.requests.first?.header("Gt-Authentication") == signed.signature, "signed with the mark")
            #expect(await client.answer().code == "stale", "a call that starts with its mark")
        }
    }

    @Test("an answer says when its call began")
    func beginningOfACall() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            var call = Sample.call()
            call.startedAt = call.markedAt.advanced(by: .seconds(15))
            client.start([call])
            let answered = await client.answers()
            #expect(answered?.first?.startedAt == call.startedAt)
        }
    }

    @Test("a look-up goes to its own page")
    func lookUp() async throws {
        try await RawServer.with { connection in
            _ = connection.readRequest()
            connection.write(.found("expired"))
        } _: { server in
            let answer = try await CashierHTTPClient.to(server).answer(to: Sample.lookUp())
            #expect(answer.outcome == .found(.over))
            let request = try #require(server.requests.first)
            #expect(request.head.hasPrefix("POST /agent/find-order HTTP/1.1\r\n"))
            #expect(request.orderID == "o-1")
        }
    }

    @Test("calls one after the other share a connection")
    func keepAlive() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            for number in 1...5 {
                #expect(await client.answer(to: Sample.call(orderID: "o-\(number)")).outcome.isOpened)
            }
            #expect(server.requests.count == 5)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("chunks, and interim answers before the last, are read")
    func chunks() async throws {
        try await RawServer.with { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 103 Early Hints\r\nGt-Authentication: wrong\r\n\r\n")
            connection.write(SampleReply.opened().chunked())
        } _: { server in
            let answer = try await CashierHTTPClient.to(server).answer()
            #expect(answer.outcome.isOpened)
        }
    }

    @Test("a signature in a trailer is none")
    func trailer() async throws {
        try await RawServer.with { connection in
            _ = connection.readRequest()
            var reply = SampleReply.opened()
            let signature = reply.signature(secret: Sample.secret)
            reply.secret = nil
            connection.write(reply.chunked(trailer: "Gt-Authentication: \(signature)\r\n"))
        } _: { server in
            let answer = try await CashierHTTPClient.to(server).answer()
            #expect(answer.code == "bad_signature")
        }
    }

    @Test("many calls share few connections, and each gets its own answer")
    func many() async throws {
        try await RawServer.with(Self.answerAll) { server in
            var limits = HTTPLimits()
            limits.inFlightMax = 16
            let client = try CashierHTTPClient.to(server, limits: limits)
            let started = ContinuousClock.now
            let opened = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<1000 {
                    group.addTask { await client.answer(to: Sample.call(orderID: "o-\(number)")).outcome.isOpened }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            print("1000 calls over \(server.connectionCount) connections in \(ContinuousClock.now - started)")
            #expect(opened == 1000)
            #expect(Set(server.requests.map(\.orderID)).count == 1000)
            #expect(server.requests.count == 1000)
            #expect(server.connectionCount <= 16)
        }
    }

    @Test("calls that are started together are answered once each, and the answers end when the client is closed")
    func together() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            let unreadable = CashierCall(kind: .open, job: Sample.job(isReadable: false), markedAt: Sample.markedAt)
            client.start((0..<50).map { Sample.call(orderID: "o-\($0)") } + [unreadable])
            var opened: [String] = []
            var others: [String] = []
            while opened.count + others.count < 51, let answers = await client.answers() {
                for answer in answers {
                    if answer.answer.outcome.isOpened {
                        opened.append(answer.job.order.orderID)
                    } else {
                        others.append(answer.answer.code)
                    }
                }
            }
            #expect(Set(opened).count == 50 && opened.count == 50)
            #expect(others == ["job_unreadable"])
            await client.close(timeout: .seconds(1))
            #expect(await client.answers()?.count == nil)
        }
    }

    @Test("changed accounts are used from the next call on")
    func changedAccounts() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            var account = Sample.account(endpoint: "http://127.0.0.1:\(server.port)/cashier/virtual-terminal")
            account.secrets = [Secret("new")]
            try client.replace(accounts: [account])
            #expect(await client.answer().code == "bad_signature")
            account.secrets = [Secret("new"), Secret(Sample.secret)]
            try client.replace(accounts: [account])
            #expect(await client.answer().outcome.isOpened)
            account.merchantID = ""
            #expect(throws: CashierAccountError.self) { try client.replace(accounts: [account]) }
        }
    }

    @Test("an answer is verified with the secrets of the moment that it comes, whichever signed its request")
    func secretsChangeUnderWay() async throws {
        let (arrived, released) = (AsyncStream<Void>.makeStream(), BlockingQueue<Bool>())
        try await RawServer.with { connection in
            while let request = connection.readRequest() {
                arrived.continuation.yield()
                _ = released.takeAll()
                var reply = SampleReply.opened(orderID: request.orderID)
                reply.secret = "new"
                connection.write(reply)
            }
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            var arrivals = arrived.stream.makeAsyncIterator()
            async let first = client.answer()
            await arrivals.next()
            try client.replace(secrets: [Secret("new"), Secret(Sample.secret)], ofAccount: "demo")
            released.send(true)
            #expect(await first.outcome.isOpened)
            async let second = client.answer()
            await arrivals.next()
            try client.replace(secrets: [Secret("newest")], ofAccount: "demo")
            released.send(true)
            #expect(await second.code == "bad_signature", "what verifies no longer does not")
            let requests = server.requests.map { $0.header("Gt-Authentication") }
            #expect(requests[0] != requests[1], "the second was signed with the new secret")
            #expect(server.connectionCount == 1, "a change of secrets leaves connections alone")
            #expect(throws: CashierAccountError.self) { try client.replace(secrets: [], ofAccount: "demo") }
            try client.replace(secrets: [Secret("x")], ofAccount: "not there")
        }
    }

    @Test("a call that cannot be made is not sent, and says why")
    func impossible() async throws {
        try await RawServer.with(Self.answerAll) { server in
            let client = try CashierHTTPClient.to(server)
            let (foreign, unreadable) = (Sample.job(account: "other"), Sample.job(isReadable: false))
            for (call, code) in [
                (CashierCall(kind: .lookUp, job: foreign, markedAt: Sample.markedAt), "no_account"),
                (CashierCall(kind: .open, job: foreign, markedAt: Sample.markedAt), "no_account"),
                (CashierCall(kind: .open, job: unreadable, markedAt: Sample.markedAt), "job_unreadable"),
            ] {
                let answer = await client.answer(to: call)
                #expect(answer.outcome == .notSent)
                #expect(answer.code == code)
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test("the probe reads the server's clock and opens nothing")
    func probe() async throws {
        try await RawServer.with { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 405 No\r\nDate: Mon, 21 Sep 2026 14:13:39 GMT\r\nContent-Length: 0\r\n\r\n")
        } _: { server in
            let client = try CashierHTTPClient.to(server)
            let probe = await client.probe(account: "demo", now: Timestamp(seconds: Sample.signedAt))
            #expect(probe.isReached)
            #expect(probe.httpStatus == 405)
            let difference = try #require(probe.clockDifference)
            #expect(difference > .seconds(18) && difference < .seconds(21))
            #expect(server.requests.first?.head.hasPrefix("HEAD ") == true)
        }
        let gone = RawServer { _ in }
        gone.stop()
        let probe = try await CashierHTTPClient.to(gone).probe(account: "demo", now: Sample.markedAt)
        #expect(!probe.isReached)
        #expect(probe.code == "connect")
    }
}
