import SessionCore
import Testing

@testable import Settings

@Suite struct PrecedenceTests {
    @Test func theLeastFileMakesAConfigurationOfDefaults() throws {
        let configuration = try load().configuration
        #expect(configuration.kafka.jobsTopics.map(\.name) == ["vt.session.jobs"])
        #expect(configuration.kafka.jobsTopics[0].backlogMax == 5_000_000)
        #expect(configuration.kafka.jobsTopics[0].lane == nil)
        #expect(configuration.postgres.sslMode == .verifyFull)
        #expect(configuration.defaultAccount == "main")
        #expect(configuration.accounts["main"]?.clockOffset == .seconds(-1))
        let lookUp = "https://cashier.example.net/agent/find-order"
        #expect(configuration.accounts["main"]?.findOrderEndpoint == lookUp)
        #expect(configuration.dispatch.laneWeights == [.interactive: 8, .campaign: 3, .replay: 1])
        #expect(configuration.verify.schedule == [.seconds(1), .seconds(3), .seconds(10), .seconds(30)])
        #expect(configuration.retention.quarantine == .seconds(7 * 86_400))
    }

    @Test func flagsWinOverVariablesAndVariablesOverTheFile() throws {
        let file = leastFile + "\nretry: {fast: {base: 100ms}, attempts_max: 3}\n"
        let variables = ["USHER_RETRY_FAST_BASE": "200ms", "USHER_RETRY_ATTEMPTS_MAX": "4", "PATH": "/bin"]
        let loaded = try load(file, environment: variables, flags: ["retry.fast.base=300ms"])
        #expect(loaded.configuration.retry.fast.base == .milliseconds(300))
        #expect(loaded.configuration.retry.attemptsMax == 4)
        let lines = loaded.redactedDescription.split(separator: "\n").map(String.init)
        #expect(lines.contains("retry.fast.base = 300ms (--set)"))
        #expect(lines.contains("retry.attempts_max = 4 (USHER_RETRY_ATTEMPTS_MAX)"))
        #expect(lines.contains("retry.slow.cap = 10m (default)"))
        #expect(lines.contains("postgres.host = database.example.net (usher.yaml:4)"))
    }

    @Test func everythingCanComeFromTheEnvironment() throws {
        let variables = [
            "USHER_KAFKA_BOOTSTRAP_SERVERS": "a.example.net:9093, b.example.net:9093",
            "USHER_KAFKA_JOBS_TOPICS": "[{name: agents, lane: interactive}, {name: bulk, lane: campaign}]",
            "USHER_KAFKA_PROPERTIES": "socket.timeout.ms=30000,fetch.error.backoff.ms=250",
            "USHER_POSTGRES_HOST": "/run/postgresql",
            "USHER_KEYS_FILE": "/run/keys",
            "USHER_ACCOUNTS_ACME_ENDPOINT": "https://c.example.net/cashier/virtual-terminal",
            "USHER_ACCOUNTS_ACME_MERCHANT_ID": "m",
            "USHER_ACCOUNTS_ACME_APPLICATION_KEY": "a",
            "USHER_ACCOUNTS_ACME_SECRET_FILE": "/run/secret",
            "USHER_ACCOUNTS_ACME_CURRENCY_EXPONENTS": "BTC=8",
            "USHER_VERIFY_SCHEDULE": "2s,4s",
        ]
        let configuration = try load(nil, environment: variables).configuration
        #expect(configuration.kafka.bootstrapServers == ["a.example.net:9093", "b.example.net:9093"])
        #expect(configuration.kafka.jobsTopics.map(\.lane) == [.interactive, .campaign])
        #expect(configuration.kafka.properties["socket.timeout.ms"] == "30000")
        #expect(configuration.postgres.sslMode == .disable)
        #expect(configuration.accounts["acme"]?.currencyExponents == ["BTC": 8])
        #expect(configuration.verify.schedule == [.seconds(2), .seconds(4)])
    }

    @Test func aVariableMeansTheAccountThatTheFileNames() throws {
        let file = """
            \(leastFile)
              a-previous:
                endpoint: https://cashier.example.net/cashier/virtual-terminal
                merchant_id: Merchant
                application_key: Application
            """
        let variables = ["USHER_ACCOUNTS_A_PREVIOUS_SECRET_FILE": "/run/other"]
        let accounts = try load(file, environment: variables).configuration.accounts
        #expect(accounts["a-previous"]?.secretFile.path == "/run/other")
        #expect(accounts.count == 2)
    }

    @Test func aListOfTopicsReplacesAWeakerOne() throws {
        let topics = "kafka.jobs_topics=one,two"
        let configuration = try load(flags: [topics, "kafka.jobs_topics[1].backlog_max=10"]).configuration
        #expect(configuration.kafka.jobsTopics.map(\.name) == ["one", "two"])
        #expect(configuration.kafka.jobsTopics.map(\.backlogMax) == [5_000_000, 10])
    }

    @Test func aPropertyOfTheCommandLineJoinsThoseOfTheFile() throws {
        let variables = ["USHER_KAFKA_PROPERTIES": "{a.b: \"1\", c.d: \"2\"}"]
        let loaded = try load(environment: variables, flags: ["kafka.properties.a.b=3"])
        #expect(loaded.configuration.kafka.properties == ["a.b": "3", "c.d": "2"])
    }

    @Test func severalAccountsHaveNoDefaultUnlessOneIsNamed() throws {
        let second = [
            "endpoint=https://x/cashier/virtual-terminal", "merchant_id=m", "application_key=a", "secret_file=/s",
        ]
        let flags = second.map { "accounts.second.\($0)" }
        #expect(try load(flags: flags).configuration.defaultAccount == nil)
        #expect(try load(flags: flags + ["default_account=second"]).configuration.defaultAccount == "second")
    }

    @Test func aSettingWithoutAValueIsNotSet() throws {
        let file = leastFile + "\nworker:\n  name:\nretry:\n"
        #expect(try load(file).configuration == load().configuration)
    }

    /// Every setting reaches the configuration: a value of its own changes it.
    @Test(arguments: singleSettings)
    func everySettingChangesSomething(_ key: SettingKey) throws {
        let path = key.path.replacing("<name>", with: "main").replacing("[]", with: "[0]")
        let companions = Self.companions(of: path)
        let before = try load(flags: path == "kafka.security.protocol" ? [] : companions)
        let after = try load(flags: companions + ["\(path)=\(key.example)"])
        #expect(after.configuration != before.configuration)
    }

    /// What else must be set for a setting to be allowed.
    private static func companions(of path: String) -> [String] {
        let login = ["protocol", "sasl_mechanism", "username", "password_file"].map { "kafka.security.\($0)" }
        if login.contains(path) { return zip(login, ["sasl_ssl", "PLAIN", "u", "/p"]).map { "\($0)=\($1)" } }
        if ["callbacks.listen", "callbacks.certificate_file", "callbacks.key_file"].contains(path) {
            return ["callbacks.certificate_file=/c", "callbacks.key_file=/k"]
        }
        guard path.hasPrefix("kafka.security.key") || path == "kafka.security.certificate_file" else { return [] }
        return ["kafka.security.certificate_file=/c", "kafka.security.key_file=/k"]
    }
}

/// Settings with one value. The default account is left out: it changes nothing where there is one account.
private let singleSettings = SettingKey.all.filter { $0.type != .items && $0.path != "default_account" }
