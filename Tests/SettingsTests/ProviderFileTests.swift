import SessionCore
import Testing

@testable import Settings

@Suite struct ProviderFileTests {
    private static let named = leastFile + "\n    provider_file: /etc/usher/main.provider.yaml\n"
    private static let probed = """
        # found out
        provider_class: P2
        probed_at: 2026-11-21T18:40:00Z
        probed_host: pci-gw-test.praxispay.com
        look_up: false
        unknown_policy: park
        request_validity: 2m
        """

    @Test func itsValuesStandAboveTheDefaults() throws {
        let loaded = try load(Self.named, providerFile: Self.probed)
        let account = try #require(loaded.configuration.accounts["main"])
        #expect(account.providerClass == "P2")
        #expect(account.probedAt == Timestamp(rfc3339: "2026-11-21T18:40:00Z"))
        #expect(account.probedHost == "pci-gw-test.praxispay.com")
        #expect(!account.looksUp)
        #expect(account.unknownPolicy == .park)
        #expect(account.requestValidity == .seconds(120))
        #expect(account.lengthUnit == .characters)
        let lines = loaded.redactedDescription.split(separator: "\n").map(String.init)
        #expect(lines.contains("accounts.main.look_up = false (/etc/usher/main.provider.yaml:5)"))
    }

    @Test func itsValuesStandBelowEverythingElse() throws {
        let file = Self.named + "    look_up: true\n"
        let variables = ["USHER_ACCOUNTS_MAIN_UNKNOWN_POLICY": "wait"]
        let flags = ["accounts.main.request_validity=90s"]
        let account = try load(file, environment: variables, flags: flags, providerFile: Self.probed).configuration
            .accounts["main"]
        #expect(account?.looksUp == true)
        #expect(account?.unknownPolicy == .wait)
        #expect(account?.requestValidity == .seconds(90))
        #expect(account?.providerClass == "P2")
    }

    @Test func itIsOfItsAccountOnly() throws {
        let second = [
            "endpoint=https://x/cashier/virtual-terminal", "merchant_id=m", "application_key=a", "secret_file=/s",
        ]
        let flags = second.map { "accounts.second.\($0)" }
        let accounts = try load(Self.named, flags: flags, providerFile: Self.probed).configuration.accounts
        #expect(accounts["second"]?.looksUp == true)
        #expect(accounts["second"]?.providerClass == nil)
    }

    @Test(arguments: [
        ("look_upp: true", "/etc/usher/main.provider.yaml:1: accounts.main.look_upp: is no setting of a provider file"),
        ("endpoint: https://x/", "/etc/usher/main.provider.yaml:1: accounts.main.endpoint: is no setting of"),
        ("secret_file: /s", "/etc/usher/main.provider.yaml:1: accounts.main.secret_file: is no setting of"),
        ("provider_file: /s", "/etc/usher/main.provider.yaml:1: accounts.main.provider_file: is no setting of"),
        ("\nlook_up: perhaps", "/etc/usher/main.provider.yaml:2: accounts.main.look_up: expected `true` or `false`"),
        ("probed_at: today", "/etc/usher/main.provider.yaml:1: accounts.main.probed_at: expected a moment"),
        ("request_validity: 1s", "/etc/usher.yaml"),
        ("- look_up", "/etc/usher/main.provider.yaml:1: accounts.main.provider_file: expected a mapping"),
        ("look_up: [", "/etc/usher/main.provider.yaml:"),
        ("look_up: true\nlook_up: false", "/etc/usher/main.provider.yaml:2: "),
    ])
    func whatItCannotSayNamesTheFileAndTheKey(_ text: String, _ problem: String) {
        let found = problems(Self.named, providerFile: text)
        if text.hasPrefix("request_validity") {
            // A rule between two settings is told at the setting that it is about.
            #expect(found == ["accounts.main.timeout: must not be longer than `accounts.main.request_validity` (1s)"])
        } else {
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix(problem) == true, "\(found)")
        }
    }

    @Test func aFileThatIsNotThereIsTold() {
        var sources = SettingsSources(file: ("usher.yaml", Array(Self.named.utf8)))
        let advice = "make it with `usher account probe main`, or leave it out"
        do throws(SettingsError) {
            _ = try SettingsLoader.load(sources, checksFiles: false)
            Issue.record("the file is there")
        } catch {
            let line = error.problems.map(\.description)
            #expect(line.first?.hasPrefix("usher.yaml:13: accounts.main.provider_file: /etc/usher/main.") == true)
            #expect(line.first?.hasSuffix(advice) == true, "\(line)")
        }
        sources.readProviderFile = nil
        #expect(throws: Never.self) { try SettingsLoader.load(sources, checksFiles: false) }
    }

    @Test func everyNameIsASettingOfAccounts() {
        for name in ProviderFile.names {
            #expect(KeyIndex.shared.key(pattern: KeyIndex.accountPrefix + name) != nil, "\(name)")
        }
    }
}
