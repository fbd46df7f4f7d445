import Cryptography
import KafkaTransport
import Logs
import Synchronization
import Testing

@testable import PostgresStore
@testable import Settings
@testable import usher

/// Passwords of logins, whose files change while the process runs.
@Suite("Password files")
struct PasswordFileTests {
    private let folder = TestFolder()

    private var file: SecretFile { SecretFile(path: "\(folder.path)/password") }

    private func text(_ password: [UInt8]?) -> String? {
        password.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("what the file holds now is the password of the next login, and a change is told without it")
    func changed() throws {
        let lines = Mutex<[String]>([])
        let log = Log(level: .info, format: .text) { line in lines.withLock { $0.append(line) } }
        try folder.write("password", "planted-old\n")
        let password = try PasswordFile(file, log: log)
        #expect(text(password.current().reveal()) == "planted-old")
        try folder.write("password", "planted-new")
        #expect(text(password.current().reveal()) == "planted-new")
        #expect(text(password.current().reveal()) == "planted-new")
        let told = lines.withLock { $0 }
        #expect(told.count == 1 && told.first?.contains("a password changed") == true, "\(told)")
        #expect(!told.joined().contains("planted"))
    }

    static let faults: [(name: String, reason: String)] = [
        ("missing", "cannot be opened"), ("empty", "is empty"), ("wide", "may be read or changed by others"),
    ]

    @Test("a file that cannot be used leaves the password before in use and is told once", arguments: 0..<3)
    func unusable(_ number: Int) throws {
        let (name, reason) = Self.faults[number]
        let lines = Mutex<[String]>([])
        let log = Log(level: .warning, format: .text) { line in lines.withLock { $0.append(line) } }
        try folder.write("password", "old")
        let password = try PasswordFile(file, log: log)
        switch name {
        case "missing": try folder.remove("password")
        case "empty": try folder.write("password", "")
        case _: try folder.write("password", "new", mode: 0o644)
        }
        for _ in 0..<3 { #expect(text(password.current().reveal()) == "old") }
        let told = lines.withLock { $0 }
        #expect(told.count == 1 && told.first?.contains(reason) == true, "\(told)")
        try folder.write("password", "new")
        #expect(text(password.current().reveal()) == "new")
    }

    @Test("a file that cannot be used at the start ends it")
    func unusableAtTheStart() throws {
        try folder.write("password", "old", mode: 0o644)
        #expect(throws: SettingsFileError.self) { try PasswordFile(file, log: .silent) }
    }

    @Test("the database's connections and Kafka's clients ask for the file of the settings")
    func wiring() throws {
        try folder.write("password", "old")
        let configuration = try AccountWiringTests.configuration()
        var postgres = configuration.postgres
        postgres.passwordFile = file
        let options = try postgres.storeOptions(log: .silent)
        var kafka = configuration.kafka
        kafka.security.wireProtocol = .saslSSL
        kafka.security.saslMechanism = "PLAIN"
        kafka.security.username = "usher"
        kafka.security.passwordFile = file
        guard case .sasl(_, _, let password, _) = try kafka.transportSettings(log: .silent).security else {
            Issue.record("no login")
            return
        }
        #expect(text(options.currentPassword?().reveal()) == "old" && text(password()) == "old")
        try folder.write("password", "new")
        #expect(text(options.currentPassword?().reveal()) == "new" && text(password()) == "new")
    }
}
