import Glibc
import Testing

@testable import Settings

@Suite struct SecurityTests {
    @Test(arguments: [
        ("kafka.security.protocol=plaintext", "kafka.security.protocol: `plaintext` to a broker on another machine"),
        ("kafka.security.protocol=sasl_ssl", "kafka.security.sasl_mechanism: is missing; `sasl_ssl` needs it"),
        ("kafka.security.username=u", "kafka.security.username: has an effect only with"),
        ("kafka.security.key_file=/k", "kafka.security.key_file: needs `kafka.security.certificate_file`"),
        ("kafka.security.key_password_file=/k", "kafka.security.key_password_file: needs `kafka.security.key_file`"),
        ("accounts.main.endpoint=http://cashier.example.net/cashier/virtual-terminal", "must be `https`"),
        ("accounts.main.endpoint=http://127.0.0.1:1/cashier/virtual-terminal", "must be `https`; for a simulator"),
        ("accounts.main.endpoint=https://cashier.example.net/vt", "accounts.main.find_order_endpoint: is missing"),
        ("accounts.main.clock_offset=-500ms", "accounts.main.clock_offset: must be whole seconds"),
        ("accounts.main.timeout=21s", "accounts.main.timeout"),
        ("accounts.main.connect_timeout=25s", "must not be longer than `accounts.main.timeout` (20s)"),
        (
            "verify.request_validity=15s",
            "accounts.main.timeout: must not be longer than `verify.request_validity` (15s)"
        ),
        ("kafka.results_topic=vt.session.jobs", "is also `kafka.results_topic`"),
        ("callbacks.topic=vt.session.jobs", "callbacks.topic: is a jobs topic"),
        ("kafka.jobs_topics=a,a", "kafka.jobs_topics[1].name: `a` stands in the list twice"),
    ])
    func settingsThatContradictEachOtherAreRefused(_ flag: String, _ expected: String) {
        let lease = flag.contains("timeout=21s") ? ["dispatch.lease=30s"] : []
        let found = problems(flags: [flag] + lease)
        #expect(found.contains { $0.contains(expected) })
    }

    @Test func jobsAreKeptWhileTheirPaymentsAreValidated() {
        let times = ["retention.request=1h", "accounts.main.session_lifetime=4h"]
        #expect(problems(flags: times + ["accounts.main.callbacks=false"]) == [])
        let found = problems(flags: times)
        #expect(found.count == 1)
        #expect(found.first?.contains("must not be longer than `retention.request` (1h)") == true, "\(found)")
    }

    @Test func aClientCertificateThatWouldNotBeShownIsRefused() throws {
        let files = ["kafka.security.certificate_file=/c", "kafka.security.key_file=/k"]
        #expect(problems(flags: files) == [])
        let login = ["protocol=sasl_ssl", "sasl_mechanism=PLAIN", "username=u", "password_file=/p"]
        let found = problems(flags: files + login.map { "kafka.security.\($0)" })
        #expect(found.count == 1 && found[0].contains("certificate_file: has an effect only with"), "\(found)")
        #expect(problems(flags: files + ["kafka.security.protocol=SSL"]).count == 1, "what is wrong is the protocol")
    }

    @Test func plaintextIsForThisMachineOrByPermission() throws {
        let plain = "kafka.security.protocol=plaintext"
        #expect(problems(flags: [plain, "kafka.bootstrap_servers=127.0.0.1:9092,localhost:9093"]) == [])
        #expect(problems(flags: [plain, "kafka.bootstrap_servers=127.0.0.1:9092,kafka:9093"]).count == 1)
        #expect(problems(flags: [plain, "kafka.security.allow_plaintext=true"]) == [])
    }

    @Test func aSimulatorOnThisMachineMayBePlainHTTP() throws {
        let endpoint = "accounts.main.endpoint=http://127.0.0.1:8600/cashier/virtual-terminal"
        let account = try load(flags: [endpoint, "accounts.main.allow_http_loopback=true"]).configuration.accounts[
            "main"
        ]
        #expect(account?.findOrderEndpoint == "http://127.0.0.1:8600/agent/find-order")
    }

    @Test(arguments: [
        "postgres.database=postgres://usher:hunter2@db/usher", "postgres.user=usher password=hunter2",
        "kafka.properties.ssl.key.password=hunter2", "kafka.properties.sasl.password=hunter2",
        "kafka.properties.ssl.key.pem=hunter2", "kafka.properties.sasl.oauthbearer.config=hunter2",
        "kafka.properties.https.proxy=http://u:hunter2@proxy", "kafka.security.username=hunter2;secret=hunter2",
        "accounts.main.secret=hunter2", "postgres.password=hunter2", "accounts.main.secret_file=hunter2",
        "kafka.properties.https.proxy=http://hunter2@proxy", "accounts.main.endpoint=https://u:hunter2@host/x",
        "postgres.port=hunter2;password=hunter2",
    ])
    func passwordsInSettingsAreRefusedAndNotRepeated(_ flag: String) {
        let found = problems(flags: [flag] + ["kafka.security.protocol=ssl"])
        #expect(!found.isEmpty)
        #expect(!found.joined().contains("hunter2"))
    }

    @Test(arguments: ["enable.auto.commit", "acks", "enable.idempotence", "transactional.id", "group.id"])
    func propertiesThatGuaranteesRestOnAreRefused(_ name: String) {
        let found = problems(flags: ["kafka.properties.\(name)=1"])
        #expect(found.count == 1)
        #expect(found.first?.contains("`\(name)` cannot be set here") == true)
    }

    @Test(arguments: [
        (0o400, 0, 0, false, true), (0o600, 0, 0, false, true), (0o440, 0, 0, false, false),
        (0o644, 0, 0, false, false),
        (0o444, 0, 0, false, false), (0o440, 0, 0, true, true), (0o444, 0, 0, true, false),
        (0o400, 1000, 1000, false, true),
        (0o400, 0, 1000, false, true), (0o440, 0, 1000, false, true), (0o460, 0, 1000, false, false),
        (0o444, 0, 1000, false, false), (0o440, 1000, 1000, false, false), (0o400, 1001, 1000, false, false),
        (0o401, 1000, 1000, false, false),
    ])
    func secretsAreForTheirOwner(_ mode: UInt32, _ owner: UInt32, _ user: UInt32, _ credential: Bool, _ taken: Bool) {
        let rights = FileRights(mode: mode, owner: owner)
        #expect((rights.refusal(user: user, isServiceCredential: credential) == nil) == taken)
    }

    @Test func aSecretLosesOneNewlineAndNothingElse() throws {
        let folder = TemporaryFolder()
        #expect(try SecretFile(path: folder.write("a", "s3cret\n", mode: 0o400)).read() == Array("s3cret".utf8))
        #expect(try SecretFile(path: folder.write("b", "s3cret", mode: 0o600)).read() == Array("s3cret".utf8))
        #expect(try SecretFile(path: folder.write("c", " s \r\n", mode: 0o600)).read() == Array(" s ".utf8))
        let lines = SecretFile(path: folder.write("d", "a 1\nb 2\n", mode: 0o600), isSingleLine: false)
        #expect(try lines.read() == Array("a 1\nb 2".utf8))
    }

    @Test(
        arguments: [
            ("", 0o400, "is empty"), ("\n", 0o400, "is empty"), ("a\nb\n", 0o400, "more than one line"),
            ("a\0b", 0o400, "NUL"), ("hunter2", 0o644, "(mode 0644); run `chmod 0400` on it"),
            (String(repeating: "x", count: 70_000), 0o400, "larger than 64KiB"),
        ] as [(String, mode_t, String)]
    )
    func aSecretFileThatIsNotRightIsRefused(_ content: String, _ mode: mode_t, _ expected: String) throws {
        let folder = TemporaryFolder()
        let path = folder.write("secret", content, mode: mode)
        let error = refusal(of: path)
        #expect(error?.reason.contains(expected) == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func missingFilesAndFoldersAreNamed() throws {
        let missing = refusal(of: "/nowhere/secret")
        #expect(missing?.description == "/nowhere/secret: cannot be opened: No such file or directory")
        let folder = refusal(of: "/etc")
        #expect(folder?.reason == "is not a regular file")
    }

    @Test func loadingOpensEveryFileThatASettingNames() throws {
        let folder = TemporaryFolder()
        let good = folder.write("secret", "s3cret\n", mode: 0o400)
        let open = folder.write("open", "s3cret\n", mode: 0o644)
        let flags = [
            "keys.file=\(good)", "accounts.main.secret_file=\(open)",
            "accounts.main.ca_file=\(folder.path)/missing.pem",
        ]
        let found = problems(flags: flags, checksFiles: true)
        #expect(found.count == 2)
        #expect(found.contains { $0.hasPrefix("--set: accounts.main.secret_file: \(open): may be read") })
        #expect(
            found.contains {
                $0.hasPrefix("--set: accounts.main.ca_file: \(folder.path)/missing.pem: cannot be opened")
            }
        )
        let right = ["keys.file=\(good)", "accounts.main.secret_file=\(good)", "accounts.main.ca_file=\(open)"]
        #expect(problems(flags: right, checksFiles: true) == [])
    }

    @Test func theEnvironmentOfThisProcessIsRead() throws {
        #expect(try ProcessSurroundings.environment()["PATH"]?.isEmpty == false)
    }

    @Test func aSettingsFileThatIsMissingIsNamed() {
        do throws(SettingsError) {
            _ = try ProcessSurroundings.settingsFile("/nowhere/usher.yaml")
            Issue.record("a missing file was read")
        } catch {
            #expect(error.description == "/nowhere/usher.yaml: cannot be opened: No such file or directory")
        }
    }

    private func refusal(of path: String) -> SettingsFileError? {
        do throws(SettingsFileError) {
            _ = try SecretFile(path: path).read()
            return nil
        } catch {
            return error
        }
    }
}
