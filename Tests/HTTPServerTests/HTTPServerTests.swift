import BlockingThreads
import HTTPServer
import Testing

@Suite struct HTTPServerTests {
    private func serve(
        _ handler: any HTTPHandler = EchoHandler(),
        _ change: (inout HTTPLimits) -> Void = { _ in }
    ) throws -> HTTPServer {
        var limits = HTTPLimits(connectionsMax: 100)
        change(&limits)
        return try HTTPServer(name: "test", host: "127.0.0.1", port: 0, limits: limits, handler: handler)
    }

    @Test func anAnswerMayComeLaterAndOnlyTheFirstCounts() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler)
        let client = try #require(PlainClient(port: server.port))
        client.send("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 }, "the second waits for the first")
        handler.release()
        #expect(becomesTrue { handler.keptCount == 1 })
        handler.release()
        let answers = client.receive()
        #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2, "\(answers)")
        #expect(answers.hasSuffix("/b"))
    }

    @Test func anAnswerForAClientThatLeftGoesNowhere() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler)
        do {
            let client = try #require(PlainClient(port: server.port))
            client.send("GET /gone HTTP/1.1\r\n\r\n")
            #expect(becomesTrue { handler.keptCount == 1 })
        }
        handler.release()
        let next = try #require(PlainClient(port: server.port))
        next.send("GET /here HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 })
        handler.release()
        #expect(next.receive().hasSuffix("\r\n\r\n/here"))
    }

    @Test func bytesThatDripAreRefusedWhenTheRequestTookTooLong() throws {
        let server = try serve { $0.requestTimeout = .milliseconds(300) }
        let client = try #require(PlainClient(port: server.port))
        let start = ContinuousClock.now
        client.send("GET / HTTP/1.1\r\n")
        for _ in 0..<4 {
            blockThread(for: .milliseconds(50))
            client.send("X-Drip: 1\r\n")
        }
        #expect(client.receive().hasPrefix("HTTP/1.1 408 "))
        #expect((.milliseconds(290)...(.seconds(3))).contains(ContinuousClock.now - start))
    }

    @Test func aConnectionThatNeverAsksIsClosed() throws {
        let server = try serve { $0.requestTimeout = .milliseconds(200) }
        let client = try #require(PlainClient(port: server.port))
        #expect(client.receive().isEmpty)
    }

    @Test func betweenRequestsAnotherLimitHoldsThanWithinThem() throws {
        let server = try serve {
            $0.requestTimeout = .milliseconds(200)
            $0.idleTimeout = .milliseconds(700)
        }
        let client = try #require(PlainClient(port: server.port))
        client.send("GET /1 HTTP/1.1\r\n\r\n")
        #expect(client.receive(until: "/1").hasSuffix("/1"))
        blockThread(for: .milliseconds(350))
        client.send("GET /2 HTTP/1.1\r\n\r\n")
        #expect(client.receive(until: "/2").hasSuffix("/2"), "still open after the time of a request")
        let start = ContinuousClock.now
        #expect(client.receive().isEmpty)
        #expect((.milliseconds(650)...(.seconds(3))).contains(ContinuousClock.now - start))
    }

    @Test func aSecondRequestThatDripsIsRefusedThoughTheFirstWasQuick() throws {
        let server = try serve {
            $0.requestTimeout = .milliseconds(200)
            $0.idleTimeout = .seconds(60)
        }
        let client = try #require(PlainClient(port: server.port))
        client.send("GET /1 HTTP/1.1\r\n\r\n")
        #expect(client.receive(until: "/1").hasSuffix("/1"))
        client.send("GET /2 HT")
        #expect(client.receive().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func largeHeadsAndBodiesAreRefused() throws {
        let server = try serve {
            $0.headBytesMax = 100
            $0.bodyBytesMax = 10
        }
        let wide = try #require(PlainClient(port: server.port))
        wide.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 200))\r\n\r\n")
        #expect(wide.receive().hasPrefix("HTTP/1.1 431 "))
        let long = try #require(PlainClient(port: server.port))
        long.send("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nhello world")
        #expect(long.receive().hasPrefix("HTTP/1.1 413 "))
    }

    @Test func whoWasServedAndIsSilentMakesRoomForANewcomer() throws {
        let server = try serve {
            $0.connectionsMax = 2
            $0.idleTimeout = .seconds(60)
        }
        let clients = try (0..<3).map { number in
            let client = try #require(PlainClient(port: server.port))
            client.send("GET /\(number) HTTP/1.1\r\n\r\n")
            #expect(client.receive(until: "\r\n\r\n/\(number)").hasPrefix("HTTP/1.1 200"))
            return client
        }
        #expect(clients[0].receive().isEmpty, "the first was closed")
        clients[2].send("GET /again HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(clients[2].receive().hasSuffix("/again"))
    }

    @Test func aNewcomerThatWaitedComesInOnceSomebodyIsIdle() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler) {
            $0.connectionsMax = 1
            $0.idleTimeout = .seconds(60)
        }
        let first = try #require(PlainClient(port: server.port))
        // With an empty line behind it, as some clients send: it means nothing, and is read after the answer.
        first.send("GET /first HTTP/1.1\r\n\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 })
        let newcomer = try #require(PlainClient(port: server.port))
        newcomer.send("GET /newcomer HTTP/1.1\r\n\r\n")
        // The server has seen that there is no room: it answers in the order of events.
        blockThread(for: .milliseconds(100))
        handler.release()
        #expect(first.receive(until: "/first").hasSuffix("/first"))
        #expect(becomesTrue { handler.keptCount == 1 })
        handler.release()
        #expect(newcomer.receive(until: "/newcomer").hasSuffix("/newcomer"))
    }

    @Test func silentStrangersDoNotKeepARequestWaiting() throws {
        let server = try serve {
            $0.connectionsMax = 4
            $0.requestTimeout = .seconds(60)
            $0.idleTimeout = .seconds(60)
        }
        let strangers = try (0..<4).map { _ in try #require(PlainClient(port: server.port)) }
        strangers[2].send("GET /slow HTTP/1.1\r\n")
        let client = try #require(PlainClient(port: server.port))
        client.send("GET /real HTTP/1.1\r\n\r\n")
        #expect(client.receive(until: "/real").hasSuffix("/real"))
        #expect(strangers[0].receive().isEmpty, "the first was closed")
        strangers[2].send("\r\n")
        #expect(strangers[2].receive(until: "/slow").hasSuffix("/slow"), "one made room, not more")
    }

    @Test func whoWaitsForItsAnswerDoesNotMakeRoom() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler) {
            $0.connectionsMax = 2
            $0.requestTimeout = .seconds(60)
            $0.idleTimeout = .seconds(60)
        }
        let first = try #require(PlainClient(port: server.port))
        first.send("GET /first HTTP/1.1\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 })
        let silent = try #require(PlainClient(port: server.port))
        let newcomer = try #require(PlainClient(port: server.port))
        newcomer.send("GET /newcomer HTTP/1.1\r\n\r\n")
        #expect(silent.receive().isEmpty)
        #expect(becomesTrue { handler.keptCount == 2 })
        handler.release()
        #expect(first.receive(until: "/first").hasSuffix("/first"))
        #expect(newcomer.receive(until: "/newcomer").hasSuffix("/newcomer"))
    }

    @Test(arguments: [100, 1]) func whoAsksMuchAtOnceLeavesTurnsToOthers(_ connectionsMax: Int) throws {
        let handler = OrderHandler(isOpen: false)
        let server = try serve(handler) {
            $0.connectionsMax = connectionsMax
            $0.idleTimeout = .seconds(60)
        }
        let many = try #require(PlainClient(port: server.port))
        // So little that the server reads it at once.
        many.send(String(repeating: "GET /many HTTP/1.1\r\n\r\n", count: 600))
        #expect(becomesTrue { handler.asked == ["/many"] })
        let one = try #require(PlainClient(port: server.port))
        one.send("GET /one HTTP/1.1\r\n\r\n")
        handler.open()
        #expect(one.receive(until: "/one").hasSuffix("/one"))
        let place = try #require(handler.asked.firstIndex(of: "/one"))
        #expect(place < 300)
    }

    @Test func stoppingAnswersWhatWasAskedAndTakesNothingNew() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler)
        let port = server.port
        let idle = try #require(PlainClient(port: port))
        let asking = try #require(PlainClient(port: port))
        asking.send("GET /asked HTTP/1.1\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 })
        let stopping = NamedThread("stopping") { server.stop(grace: .seconds(5)) }
        #expect(idle.receive().isEmpty)
        #expect(becomesTrue { PlainClient(port: port) == nil })
        handler.release()
        let answer = asking.receive()
        #expect(answer.contains("Connection: close\r\n") && answer.hasSuffix("/asked"), "\(answer)")
        stopping.join()
    }

    @Test func stoppingDoesNotWaitLongerThanItsGrace() throws {
        let handler = EchoHandler(isLater: true)
        let server = try serve(handler)
        let asking = try #require(PlainClient(port: server.port))
        asking.send("GET /never HTTP/1.1\r\n\r\n")
        #expect(becomesTrue { handler.keptCount == 1 })
        let start = ContinuousClock.now
        server.stop(grace: .milliseconds(200))
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(asking.receive().isEmpty)
    }
}
