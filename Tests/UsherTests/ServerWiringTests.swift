import KafkaTransport
import SessionCore
import Testing

@testable import PostgresStore
@testable import Settings
@testable import usher

/// From the settings file to what the clients of Kafka and Postgres are given, and back to an exit code.
@Suite("Servers from settings")
struct ServerWiringTests {
    private func configuration() throws -> Configuration { try AccountWiringTests.configuration() }

    @Test("Kafka's client is told how much memory records may take")
    func queuedMax() throws {
        var kafka = try configuration().kafka
        kafka.queuedMax = 64 << 20
        #expect(try kafka.transportSettings(log: .silent).queuedMaxBytes == 64 << 20)
    }

    @Test("Kafka's client is given the password of an encrypted key")
    func keyPassword() throws {
        let folder = TestFolder()
        var kafka = try configuration().kafka
        kafka.security.certificateFile = "client.crt"
        try folder.write("key", "PEM")
        try folder.write("password", "opens it\n")
        kafka.security.keyFile = SecretFile(path: "\(folder.path)/key", isSingleLine: false)
        kafka.security.keyPasswordFile = SecretFile(path: "\(folder.path)/password")
        guard case .tls(_, "client.crt", _, let password?) = try kafka.transportSettings(log: .silent).security else {
            Issue.record("no password")
            return
        }
        #expect(password() == Array("opens it".utf8))
        // A consumer that is made later may have another key to open.
        try folder.write("password", "opens another")
        #expect(password() == Array("opens another".utf8))
    }

    @Test("the database is told how long a statement may take")
    func statementTimeout() throws {
        var postgres = try configuration().postgres
        #expect(try postgres.storeOptions(log: .silent).statementTimeout == .seconds(15))
        postgres.statementTimeout = .seconds(30)
        #expect(try postgres.storeOptions(log: .silent).statementTimeout == .seconds(30))
    }

    @Test("the database's client is given addresses of IPv6 as it reads them")
    func addresses() throws {
        var postgres = try configuration().postgres
        postgres.host = "[2001:db8::1],db.example.net,/run/postgresql"
        let options = try postgres.storeOptions(log: .silent)
        #expect(options.connection.hasPrefix("host='2001:db8::1,db.example.net,/run/postgresql' "))
    }

    @Test("a schema of another version is the settings' matter, not a fault of the program")
    func otherSchema() {
        let told = Explanation.of(StoreError.refused(sqlState: "0A000", "run usher migrate"))
        #expect(told.message == "run usher migrate")
        #expect(told.code == .configuration)
    }

    @Test("a question that the database broke off is to be narrowed; the database can be reached")
    func brokenOff() {
        let told = Explanation.of(StoreError.refused(sqlState: "57014", "canceling statement due to statement timeout"))
        #expect(told.message.contains("postgres.statement_timeout") && told.message.contains("--since"))
        #expect(!told.message.contains("cannot be reached"))
        #expect(told.code == .tryAgain)
    }

    @Test("a database that answers that it cannot do it now is not one that cannot be reached")
    func notNow() {
        let told = Explanation.of(StoreError.notNow("the disk is full (53100)"))
        #expect(told.message == "Postgres answered, but not now: the disk is full (53100)")
        #expect(told.code == .tryAgain)
    }

    @Test("a login that is refused is told with the settings that it comes from")
    func refusedLogin() {
        let password = Explanation.of(StoreError.refused(sqlState: "28P01", "password authentication failed"))
        #expect(password.message.hasPrefix("Postgres refuses the login (28P01): password authentication failed; "))
        #expect(password.message.contains("postgres.user and postgres.password_file"))
        #expect(password.code == .noPermission)
        let database = Explanation.of(StoreError.refused(sqlState: "3D000", "database \"x\" does not exist"))
        #expect(database.message.hasPrefix("Postgres refuses the login (3D000): database \"x\" does not exist; "))
        #expect(database.message.contains("postgres.database"))
        #expect(database.code == .configuration)
    }

    @Test("so is one that Kafka refuses, and one that lacks a right there; brokers that are away are not")
    func refusedByKafka() {
        let codes = ["_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "TOPIC_AUTHORIZATION_FAILED"]
        for code in codes + ["GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED"] {
            let told = Explanation.of(TransportError.kafka(code: code, reason: "refused", isFatal: false))
            #expect(told.message == "Kafka: refused (\(code))")
            #expect(told.code == .noPermission, "\(code)")
        }
        let away = Explanation.of(TransportError.kafka(code: "_TRANSPORT", reason: "away", isFatal: false))
        #expect(away.code == .unavailable)
    }
}
