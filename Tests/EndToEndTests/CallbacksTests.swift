import Cryptography
import Foundation
import Glibc
import KafkaTransport
import SessionCore
import Testing
import UsherTestKit

extension EndToEnd {
    /// The provider posts a thousand notifications, each until it is acknowledged, while the receiver is killed twice;
    /// forged ones are among them. At the end the topic, read by another client, has exactly the right events.
    @Suite("Callbacks")
    struct CallbacksTests {
        private static let topic = "vt.session.transactions"

        @Test(
            "a thousand notifications, two kills, on a real Kafka",
            .enabled(if: RealKafka.isAvailable, "KAFKA_HOME names no Apache Kafka"),
            .timeLimit(.minutes(6))
        )
        func realKafka() async throws {
            try await withRealKafka { kafka in try await run(on: KafkaCluster(kafka), posts: 1_000) }
        }

        @Test("two hundred notifications, two kills, on the embedded cluster", .timeLimit(.minutes(4)))
        func embedded() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            try await run(on: KafkaCluster(kafka), posts: 200)
        }

        private func run(on cluster: KafkaCluster, posts: Int) async throws {
            try await cluster.createTopic(Self.topic, partitions: 3)
            let port = try Provider.freePort()
            let settings = Installation.shortWindows + "callbacks: {listen: \"127.0.0.1:\(port)\", deadline: 3s}\n"
            let installation = try await Installation(on: cluster, partitions: 3, settings: settings)
            try await installation.use { try await scenario($0, port: port, posts: posts) }
        }

        private func scenario(_ installation: Installation, port: UInt16, posts: Int) async throws {
            let workload = Workload(jobs: 50, prefix: "cb")
            try installation.startWorker("w1")
            try await workload.enqueue(to: installation)
            try await eventually("every session is open", within: .seconds(90)) {
                try await installation.count("select count(*) from usher.job where state = 10") == 50
            }
            var receiver = try await installation.startReceiver("c1")
            let provider = Provider(port: port)
            var expected: Set<String> = []
            for number in 0..<posts {
                if number == posts / 3 || number == 2 * posts / 3 {
                    receiver.signal(SIGKILL)
                    _ = try await receiver.exitCode(within: .seconds(10))
                    receiver = try await installation.startReceiver("c\(number)")
                }
                let (order, tid) = ("cb-\(number % 50)", 1 + number / 250)
                let status = ["initialized", "pending", "approved", "refund", "chargeback"][number / 50 % 5]
                expected.insert("\(order) \(tid) \(status)")
                #expect(try await provider.tellsUntilTaken(order, tid: tid, status: status))
                if number.isMultiple(of: 9) {
                    let forged = Provider.body(order, tid: tid, status: "forged")
                    #expect(provider.post(forged.text, signature: String(repeating: "a", count: 96)) != 0)
                }
                if number.isMultiple(of: 4) {
                    #expect(try await provider.tellsUntilTaken(order, tid: tid, status: status), "a repetition")
                }
            }
            #expect(try await provider.tellsUntilTaken("cb-7", tid: nil, status: "expired"))
            expected.insert("cb-7 session expired")
            try await eventually("all is published", within: .seconds(60)) {
                try await installation.count("select count(*) from usher.event_outbox") == 0
            }
            #expect(try await installation.count("select count(*) from usher.transaction_event") == expected.count)
            try await check(installation, expected)
            let shown = try await Shell.run([UsherProcess.binary, "show", "cb-7", "-c", installation.settingsFile])
            #expect(shown.output.contains("session      expired"), "\(shown.output)\(shown.error)")
            receiver.signal(SIGTERM)
            #expect(try await receiver.exitCode(within: .seconds(20)) == 0)
        }

        @Test("its own certificate is shown, and one with another's key ends the start", .timeLimit(.minutes(3)))
        func ownCertificate() async throws {
            let kafka = try EmbeddedKafka(brokers: 1)
            defer { kafka.close() }
            let cluster = KafkaCluster(kafka)
            try await cluster.createTopic(Self.topic, partitions: 1)
            let port = try Provider.freePort()
            let installation = try await Installation(on: cluster, partitions: 1)
            try await installation.use { try await showCertificate($0, port: port) }
        }

        private func showCertificate(_ installation: Installation, port: UInt16) async throws {
            let folder = installation.folder
            for name in ["one", "two"] {
                let made = try await Shell.run(
                    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
                        + ["-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem"]
                )
                #expect(made.code == 0, "\(made.error)")
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o400],
                    ofItemAtPath: "\(folder)/\(name).key"
                )
            }
            func flags(key: String) -> [String] {
                ["--set", "callbacks.listen=127.0.0.1:\(port)"]
                    + ["--set", "callbacks.certificate_file=\(folder)/one.pem"]
                    + ["--set", "callbacks.key_file=\(folder)/\(key).key"]
            }
            let wrong = try await Shell.run(
                [UsherProcess.binary, "callbacks", "-c", installation.settingsFile] + flags(key: "two")
            )
            #expect(wrong.code == 78 && wrong.error.contains("is not the key of the certificate"), "\(wrong.error)")
            _ = try await installation.startReceiver("tls", flags(key: "one"))
            let script =
                "printf 'GET /healthz HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -quiet "
                + "-connect 127.0.0.1:\(port) -servername localhost -verify_hostname localhost -verify_return_error "
                + "-CAfile \(folder)/one.pem"
            let answer = try await Shell.run(["/bin/sh", "-c", script])
            #expect(answer.code == 0 && answer.output.hasSuffix("ok\n"), "\(answer)")
        }

        /// Reads the topic with kcat until every event is there.
        private func check(_ installation: Installation, _ expected: Set<String>) async throws {
            var copies: [String: Set<String>] = [:]
            var found: [String: String] = [:]
            try await eventually("kcat reads every event", within: .seconds(60)) {
                let answer = try await Shell.run([
                    "kcat", "-C", "-b", installation.bootstrapServers, "-t", Self.topic, "-o", "beginning", "-e", "-q",
                    "-f", "%k\t%s\n",
                ])
                (copies, found) = ([:], [:])
                for line in answer.output.split(separator: "\n") {
                    let parts = line.split(separator: "\t", maxSplits: 1)
                    let event = try #require(
                        try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
                    )
                    let id = try #require(event["event_id"] as? String)
                    #expect(event["order_id"] as? String == String(parts[0]))
                    copies[id, default: []].insert(String(parts[1]))
                    let transaction = event["transaction"] as? [String: Any]
                    let what = transaction.map { "\($0["tid"] ?? "") \($0["transaction_status"] ?? "")" }
                    found[id] = "\(parts[0]) \(what ?? "session \(event["session_status"] ?? "")")"
                }
                return found.count >= expected.count
            }
            #expect(Set(found.values) == expected && found.count == expected.count)
            #expect(copies.values.allSatisfy { $0.count == 1 }, "every copy has the same bytes")
        }
    }
}

extension Installation {
    /// Starts `usher callbacks` and waits until it listens.
    func startReceiver(_ name: String, _ flags: [String] = []) async throws -> UsherProcess {
        let process = try startProcess(["callbacks", "-c", settingsFile] + flags, name: name)
        try await eventually("the receiver listens", within: .seconds(20)) {
            process.lines.contains { $0.contains(" listening ") }
        }
        return process
    }
}

/// The provider's side of a notification, over one blocking connection a post.
struct Provider {
    let port: UInt16

    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure("no free port") }
        return in_port_t(bigEndian: address.sin_port)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A notification, and its signature by the formula of the documentation. No `tid`: of a session.
    static func body(
        _ order: String,
        tid: Int?,
        status: String,
        secret: String = Installation.secret
    ) -> (text: String, signature: String) {
        let now = Int(time(nil))
        let transaction = tid.map {
            #"{"tid":\#($0),"transaction_status":"\#(status)","currency":"EUR","amount":1000,"conversion_rate":1.000000}"#
        }
        let text =
            #"{"merchant_id":"M-1","application_key":"A-1","customer":{"customer_token":"tok"},"#
            + #""session":{"order_id":"\#(order)","session_status":"\#(tid == nil ? status : "successful")"},"#
            + #""transaction":\#(transaction ?? "null"),"version":"1.3","timestamp":\#(now)}"#
        let paid = tid.map { "\($0)EUR10001" } ?? ""
        let signed = "M-1A-1\(now)tok\(order)\(paid)\(secret)"
        return (text, Hashes.sha384(Array(signed.utf8)).hex)
    }

    func tellsUntilTaken(_ order: String, tid: Int?, status: String) async throws -> Bool {
        for _ in 0..<200 {
            let (text, signature) = Self.body(order, tid: tid, status: status)
            if post(text, signature: signature) == 0 { return true }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        return false
    }

    /// The answer's status; nil when there was none.
    func post(_ body: String, signature: String) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = Self.loopback(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard isConnected == 0 else { return nil }
        let request = Array(
            ("POST /in/notification HTTP/1.1\r\nGt-Authentication: \(signature)\r\nConnection: close\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8
        )
        _ = request.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let start = text.range(of: #""status":"#) else { return nil }
        return Int(text[start.upperBound...].prefix { $0 == "-" || $0.isNumber })
    }
}
