import Testing

@testable import Settings

@Suite struct ProblemTests {
    @Test func allProblemsAreReportedAtOnce() {
        let file = """
            kafka:
              bootstrap_server: [kafka.example.net:9093]
              session_timeout: soon
            postgres:
              host: db.example.net
              port: 70000
            retry:
              attempts_max: "many"
              fast: {base: 5m, cap: 1s}
            accounts:
              main:
                endpoint: https://cashier.example.net/cashier/virtual-terminal
                merchant_id: Merchant
            """
        let variables = ["USHER_DISPACH_LEASE": "60s", "USHER_LOG_LEVEL": "loud"]
        #expect(
            problems(file, environment: variables, flags: ["retry.fast.bas=1s"]) == [
                "usher.yaml:2: kafka.bootstrap_server: there is no such setting; did you mean `kafka.bootstrap_servers`?",
                "usher.yaml:3: kafka.session_timeout: expected a duration from `6s` to `5m` (units ms, s, m, h, d), "
                    + "found `soon`",
                "usher.yaml:6: postgres.port: expected a whole number from 1 to 65535, found `70000`",
                "usher.yaml:8: retry.attempts_max: expected a whole number from 1 to 100, found `many`",
                "usher.yaml:9: retry.fast.base: must not be longer than `retry.fast.cap` (1s)",
                "USHER_DISPACH_LEASE: there is no such setting; did you mean `USHER_DISPATCH_LEASE`?",
                "USHER_LOG_LEVEL: log.level: expected one of `debug`, `info`, `notice`, `warning`, `error`, found `loud`",
                "--set: retry.fast.bas: there is no such setting; did you mean `retry.fast.base`?",
                "kafka.bootstrap_servers: is missing; expected a list, each element `host:port`, "
                    + "or set USHER_KAFKA_BOOTSTRAP_SERVERS",
                "keys.file: is missing; expected the absolute path of a file that only its owner may read, "
                    + "or set USHER_KEYS_FILE",
                "accounts.main.application_key: is missing; expected text of at most 50 bytes, without spaces at its "
                    + "ends, or set USHER_ACCOUNTS_MAIN_APPLICATION_KEY",
                "accounts.main.secret_file: is missing; expected the absolute path of a file that holds the secret, "
                    + "or set USHER_ACCOUNTS_MAIN_SECRET_FILE",
            ]
        )
    }

    @Test(arguments: [
        ("bogus: 1", "usher.yaml:13: bogus: there is no such setting"),
        (
            "bootstrap_servers: [a:1]",
            "usher.yaml:13: bootstrap_servers: there is no such setting; did you mean `kafka.bootstrap_servers`?"
        ),
        (
            "retry: {fast: {base: [1s]}}",
            "usher.yaml:13: retry.fast.base: expected a duration from `10ms` to `1h` (units ms, s, m, h, d), found a list"
        ),
        ("retry: {fast: 5s}", "usher.yaml:13: retry.fast: expected a mapping, that is, keys below it"),
        ("retry: {ratio_max: 10}", "usher.yaml:13: retry.ratio_max: expected a share from `1%` to `100%`, found `10`"),
        (
            "dispatch: {lease: 5m, in_flight_max: 1e3}",
            "usher.yaml:13: dispatch.in_flight_max: expected a whole number from 1 to 10000, found `1e3`"
        ),
        (
            "verify: {schedule: []}",
            "usher.yaml:13: verify.schedule: expected a list of 1 to 20 durations from `100ms` to `1h`, found an empty list"
        ),
        (
            "verify: {schedule: [1s, x]}",
            "usher.yaml:13: verify.schedule: expected a list of 1 to 20 durations from `100ms` to `1h`, found something else in element 2"
        ),
        ("log: {format: xml}", "usher.yaml:13: log.format: expected one of `json`, `text`, found `xml`"),
        ("worker: {name: a b}", "usher.yaml:13: worker.name: expected a name of letters, digits, `.`, `_`, `-`"),
        ("default_account: other", "usher.yaml:13: default_account: is not an account; there are `main`"),
        (
            "dispatch: {lease: 25s}",
            "usher.yaml:13: dispatch.lease: must be 10 s longer than `accounts.main.timeout` (20s)"
        ),
    ])
    func eachIsNamedWithItsPlaceAndWhatToWrite(_ line: String, _ expected: String) {
        #expect(problems(leastFile + "\n" + line + "\n") == [expected])
    }

    /// More waiting jobs are not counted: a topic with such a cap would never be paused.
    @Test func capsThatWouldHaveNoEffectAreRefused() {
        func caps(_ caps: [String]) -> [String] {
            let topics = caps.enumerated().map { "{name: t\($0.offset)\($0.element)}" }
            return problems(flags: ["kafka.jobs_topics=[\(topics.joined(separator: ", "))]"])
        }
        #expect(caps([", backlog_max: 15_000_000", ", backlog_max: 5_000_000"]) == [])
        #expect(caps(["", "", "", ""]) == [])
        #expect(
            caps(["", "", "", ", backlog_max: 5_000_001"]) == [
                "kafka.jobs_topics: the caps `backlog_max` of the topics add up to 20000001; at most 20000000, as more "
                    + "waiting jobs are not counted: set lower ones (what is not set counts with its default)"
            ]
        )
        let one = caps([", backlog_max: 20_000_001"])
        #expect(one.count == 1 && one[0].contains("expected a whole number from 1 to 20000000"), "\(one)")
    }

    @Test(arguments: [
        ("USHER_RETRY_FAST_BASE", "", "retry.fast.base: is set to nothing"),
        ("USHER_POSTGRES_PASSWORD", "hunter2", "postgres.password: "),
        ("USHER_ACCOUNTS_MAIN_SECRET", "hunter2", "accounts.main.secret: "),
        ("USHER_ACCOUNTS_MAIN_TIMEOUTS", "5s", "did you mean `USHER_ACCOUNTS_MAIN_TIMEOUT`?"),
    ])
    func variablesAreHeldToTheSame(_ name: String, _ text: String, _ expected: String) {
        let found = problems(environment: [name: text])
        #expect(found.count == 1)
        let line = found.first ?? ""
        #expect(line.hasPrefix(name))
        #expect(
            line.contains(expected.hasSuffix(": ") ? "secrets are taken only from files: set `\(name)_FILE`" : expected)
        )
        #expect(!line.contains("hunter2"))
    }

    @Test func variablesOfKubernetesServicesAreNotMistakenForSettings() {
        let links = [
            "USHER_SERVICE_HOST": "10.0.0.1", "USHER_SERVICE_PORT": "80", "USHER_SERVICE_PORT_HTTP": "80",
            "USHER_PORT": "tcp://10.0.0.1:80", "USHER_PORT_80_TCP": "tcp://10.0.0.1:80",
            "USHER_PORT_80_TCP_ADDR": "10.0.0.1", "USHER_POSTGRES_PORT": "tcp://10.0.0.1:5432",
            "USHER_POSTGRES_SERVICE_HOST": "10.0.0.1",
            "USHER_CONFIG": "/etc/usher/usher.yaml", "USHER_OPERATOR": "ann",
        ]
        #expect(problems(environment: links) == [])
        #expect(problems(environment: ["USHER_PORT": "80"]).count == 1)
        #expect(problems(environment: ["USHER_POSTGRES_PORT": "many"]).count == 1, "it is a setting all the same")
    }

    @Test func accountsThatAVariableCannotTellApartAreRefused() {
        let flags = ["a-b", "a_b"].flatMap { name in
            ["endpoint=https://x/cashier/virtual-terminal", "merchant_id=m", "application_key=a", "secret_file=/s"]
                .map { "accounts.\(name).\($0)" }
        }
        #expect(problems(flags: flags) == [])
        let file = leastFile + "\n  a-b: {timeout: 5s}\n  a_b: {timeout: 5s}\n"
        let found = problems(file, environment: ["USHER_ACCOUNTS_A_B_SECRET_FILE": "/s"])
        #expect(found.contains { $0.contains("could mean any of the accounts a-b, a_b") })
    }

    @Test(arguments: ["Main", "ma in", "_x", "-x", "mäin", ""])
    func namesOfAccountsAreLetters(_ name: String) {
        let found = problems(leastFile + "\n  \"\(name)\": {timeout: 5s}\n")
        #expect(
            found == [
                "usher.yaml:13: accounts: an account's name is 1 to 64 of `a–z 0–9 _ -` and begins with a letter or digit"
            ]
        )
    }

    @Test func withoutAnAccountNothingStarts() {
        let file = "kafka: {bootstrap_servers: [a:1]}\npostgres: {host: db}\nkeys: {file: /k}\n"
        #expect(problems(file).count == 1)
        #expect(problems(file)[0].hasPrefix("accounts: is missing"))
    }

    @Test func aFlagNeedsAKeyAndAValue() {
        for text in ["dispatch.lease", "=5s", ""] {
            #expect(throws: SettingsError.self) { try SettingOverride(assignment: text) }
        }
    }

    @Test func syntaxErrorsComeWithTheirLine() {
        #expect(
            problems("kafka:\n\tbootstrap_servers: [a:1]\n").first?.hasPrefix("usher.yaml:2: not valid YAML") == true
        )
        let twice = problems(leastFile + "\nkeys:\n  file: /other\n")
        #expect(twice == ["usher.yaml:13: `keys` stands here a second time; the first is on line 5"])
    }
}
