import Logs
import SessionCore
import Testing

@testable import KafkaTransport

@Suite struct SettingsTests {
    private static func settings(_ change: (inout KafkaSettings) -> Void) -> KafkaSettings {
        var settings = KafkaSettings(bootstrapServers: "127.0.0.1:9092")
        change(&settings)
        return settings
    }

    private static func login(_ password: String) -> KafkaSettings.Security {
        .sasl(mechanism: .scramSHA512, username: "usher", password: { Array(password.utf8) }, authority: nil)
    }

    private static let refused: [(String, KafkaSettings)] = [
        ("kafka.bootstrap_servers", settings { $0.bootstrapServers = "" }),
        ("kafka.bootstrap_servers", settings { $0.bootstrapServers = "localhost" }),
        ("kafka.bootstrap_servers", settings { $0.bootstrapServers = "localhost:9092,other:port" }),
        ("kafka.group_id", settings { $0.groupID = "" }),
        ("kafka.security", settings { $0.bootstrapServers = "127.0.0.1:9092,kafka.example.com:9092" }),
        ("kafka.security", settings { $0.bootstrapServers = "127.0.0.1.example.com:9092" }),
        ("kafka.security.key_file", settings { $0.security = .tls(authority: nil, certificate: "a.pem", key: nil) }),
        (
            "kafka.security.certificate_file",
            settings { $0.security = .tls(authority: nil, certificate: nil, key: "a.pem") }
        ),
        (
            "kafka.security.key_password_file",
            settings {
                $0.security = .tls(authority: nil, certificate: "a.pem", key: "a.key", keyPassword: { [0x61, 0x0A] })
            }
        ),
        ("kafka.security.password_file", settings { $0.security = login("") }),
        ("kafka.security.password_file", settings { $0.security = login("planted-secret\n") }),
        ("kafka.properties.acks", settings { $0.properties = ["acks": "1"] }),
        ("kafka.properties.enable.auto.commit", settings { $0.properties = ["enable.auto.commit": "true"] }),
    ]

    @Test(arguments: refused)
    func refusedByName(_ name: String, _ settings: KafkaSettings) {
        do throws(TransportError) {
            try settings.check()
            Issue.record("was not refused")
        } catch {
            guard case .setting(let refused, let reason) = error else {
                Issue.record("another error: \(error)")
                return
            }
            #expect(refused == name)
            #expect(!reason.isEmpty)
            #expect(!"\(error)".contains("planted-secret"))
        }
    }

    @Test func aLibraryBeforeTwoIsRefused() throws {
        let settings = Self.settings { _ in }
        do throws(TransportError) {
            try settings.check(library: 0x0109_02FF)
            Issue.record("was not refused")
        } catch {
            guard case .setting("librdkafka", let reason) = error else {
                Issue.record("another error: \(error)")
                return
            }
            #expect(reason.contains("older than 2.0"))
        }
        try settings.check(library: 0x0200_00FF)
    }

    private static let good: [KafkaSettings] = [
        settings { $0.bootstrapServers = "localhost:9092, 127.0.0.2:9093,[::1]:9094" },
        settings {
            $0.bootstrapServers = "kafka.example.com:9092"
            $0.allowPlaintext = true
        },
        settings {
            $0.bootstrapServers = "kafka.example.com:9092"
            $0.security = .tls(authority: nil, certificate: nil, key: nil)
        },
        settings { $0.properties = ["compression.codec": "lz4"] },
    ]

    @Test(arguments: good)
    func accepted(_ settings: KafkaSettings) throws {
        try settings.check()
    }

    private final class Quiet: ClientDelegate {
        let log = Log.silent
        func clientFailed(_ fault: KafkaFault) {}
    }

    /// What a live client of the role says that a property is.
    private func readBack(
        _ role: ClientRole,
        _ names: [String],
        of settings: KafkaSettings = settings { _ in }
    ) throws -> [String: String] {
        let client = try ClientHandle.make(settings, role: role, delegate: Quiet())
        defer { client.destroy() }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, client.property($0) ?? "-") })
    }

    @Test func whatCorrectnessRestsOnIsSetInTheConsumer() throws {
        let expected = [
            "enable.auto.commit": "false", "enable.auto.offset.store": "false", "auto.offset.reset": "error",
            "check.crcs": "true", "partition.assignment.strategy": "range,roundrobin",
            "allow.auto.create.topics": "false", "socket.nagle.disable": "true", "socket.keepalive.enable": "true",
            "ssl.endpoint.identification.algorithm": "https", "session.timeout.ms": "45000",
            "max.poll.interval.ms": "300000", "fetch.wait.max.ms": "100", "isolation.level": "read_committed",
            "group.id": "usher", "queued.max.messages.kbytes": "16384", "fetch.max.bytes": "4194304",
        ]
        #expect(try readBack(.jobs, Array(expected.keys)) == expected)
    }

    @Test func theMemoryForRecordsIsASetting() throws {
        let settings = Self.settings { $0.queuedMaxBytes = 64 << 20 }
        let found = try readBack(.jobs, ["queued.max.messages.kbytes"], of: settings)
        #expect(found == ["queued.max.messages.kbytes": "65536"])
    }

    @Test func whatCorrectnessRestsOnIsSetInTheProducer() throws {
        let expected = [
            "enable.idempotence": "true", "acks": "-1", "max.in.flight.requests.per.connection": "5",
            "message.timeout.ms": "120000", "linger.ms": "2", "allow.auto.create.topics": "false",
            "queue.buffering.max.messages": "50000", "partitioner": "murmur2_random",
        ]
        #expect(try readBack(.producer, Array(expected.keys)) == expected)
    }

    @Test func anUnknownPropertyIsRefusedByName() {
        let settings = Self.settings { $0.properties = ["no.such.property": "1"] }
        #expect {
            try ClientHandle.make(settings, role: .jobs, delegate: Quiet()).destroy()
        } throws: { error in
            guard case .setting("kafka.properties.no.such.property", _) = error as? TransportError else { return false }
            return true
        }
    }

    @Test func thePasswordIsNotPrinted() throws {
        let settings = Self.settings { $0.security = Self.login("planted-secret") }
        var text = "\(settings) \(String(reflecting: settings))"
        dump(settings, to: &text)
        #expect(!text.contains("planted-secret"))
        #expect(!settings.properties(for: .jobs).contains { $0.value.contains("planted-secret") })
    }

    @Test(arguments: [
        (Int32(0x0200_02FF), "SASL SCRAM-SHA-512 mechanism handshake failed", true),
        (Int32(0x0206_00FF), "SCRAM-SHA-256 authentication failed", true),
        (Int32(0x0206_01FF), "SCRAM-SHA-512 authentication failed", false),
        (Int32(0x0200_02FF), "SASL PLAIN authentication failed", false),
    ])
    func aRefusedScramLoginWithAnOldLibraryNamesKafka4(_ version: Int32, _ text: String, _ isNamed: Bool) {
        let advice = KafkaFault(.init(rawValue: -169), text).advice(topic: nil, libraryVersion: version)
        #expect(advice?.contains("Kafka 4") == isNamed)
        #expect(advice?.contains("kafka.security.password_file") == true)
    }
}
