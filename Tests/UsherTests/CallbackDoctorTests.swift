import Glibc
import HTTPServer
import SessionCore
import Testing

@testable import KafkaTransport
@testable import usher

@Suite("What usher doctor says of callbacks")
struct CallbackDoctorTests {
    /// Answers every request alike.
    private struct Fixed: HTTPHandler {
        var status: Int
        var body: String

        func answer(_ request: HTTPRequest, _ turn: HTTPTurn) -> HTTPAnswer? {
            HTTPAnswer(status: status, headers: [], body: Array(body.utf8))
        }

    }

    private func state(_ handler: Fixed, isTLS: Bool = false) async throws -> ListenerState {
        let server = try HTTPServer(
            name: "doctor-test",
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(connectionsMax: 10),
            handler: handler
        )
        defer { server.stop() }
        return await ListenerProbe(host: "127.0.0.1", port: server.port, isTLS: isTLS).state()
    }

    @Test("tells who listens")
    func listeners() async throws {
        #expect(try await state(Fixed(status: 200, body: "ok\n")) == .usher)
        #expect(try await state(Fixed(status: 200, body: "hello\n")) == .other)
        #expect(try await state(Fixed(status: 404, body: "ok\n")) == .other)
        #expect(try await state(Fixed(status: 404, body: ""), isTLS: true) == .taken)
    }

    @Test("a port that nobody has is free, and stays free")
    func free() async throws {
        // Another test may be given a port before it was looked at twice.
        for _ in 0..<5 {
            let probe = ListenerProbe(host: "127.0.0.1", port: try unusedPort(), isTLS: false)
            if await probe.state() == .free, await probe.state() == .free { return }
        }
        Issue.record("none of five unused ports is free")
    }

    private func unusedPort() throws -> Int {
        let server = try HTTPServer(
            name: "doctor-test",
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(connectionsMax: 10),
            handler: Fixed(status: 200, body: "")
        )
        let port = server.port
        server.stop()
        return port
    }

    @Test("an address of another machine cannot be listened at")
    func foreign() async {
        let probe = ListenerProbe(host: "192.0.2.1", port: 8320, isTLS: false)
        guard case .unusable = await probe.state() else {
            Issue.record("192.0.2.1 is an address of this machine")
            return
        }
    }

    @Test(
        "says how long a certificate lives",
        arguments: [
            (40, Finding.Status.ok, "valid for another 40d"), (20, .advice, "renew it and restart"),
            (3, .problem, "valid for another 3d: renew"), (-2, .problem, "ended 2d ago"),
        ] as [(Int64, Finding.Status, String)]
    )
    func certificate(_ days: Int64, _ status: Finding.Status, _ text: String) {
        let finding = CallbackJudgement.certificate("/c.pem", endsIn: .seconds(days * 86_400))
        #expect(finding.status == status)
        #expect(finding.text.contains(text), "\(finding.text)")
    }

    @Test("a missing topic is a problem only where callbacks are received")
    func topic() {
        let topic = ClusterDescription.Topic(
            name: "vt.session.transactions",
            partitions: [],
            error: .kafka(code: "UNKNOWN_TOPIC_OR_PART", reason: "unknown topic", isFatal: false)
        )
        let unserved = CallbackJudgement.topic(topic, brokers: 1, isServed: false)
        #expect(unserved.map(\.status) == [.advice])
        #expect(CallbackJudgement.topic(topic, brokers: 1, isServed: true).map(\.status) == [.problem])
    }
}
