import SessionCore
import Testing

@testable import Settings
@testable import usher

@Suite("What usher doctor says of a probe")
struct ProviderFileJudgementTests {
    private func findings(_ file: String?, days: Int64 = 1, host: String = "sandbox.example.net") throws -> [String] {
        let place = file == nil ? "" : "provider_file: /etc/usher/main.provider.yaml"
        let yaml = """
            kafka: {bootstrap_servers: ["127.0.0.1:9092"]}
            postgres: {host: 127.0.0.1}
            keys: {file: /k}
            accounts:
              main:
                endpoint: https://sandbox.example.net/cashier/virtual-terminal
                merchant_id: m
                application_key: a
                secret_file: /s
                \(place)
            """
        var sources = SettingsSources(file: ("usher.yaml", Array(yaml.utf8)))
        sources.readProviderFile = { _ in .success(Array((file ?? "").utf8)) }
        let loaded = try SettingsLoader.load(sources, checksFiles: false)
        let account = try #require(loaded.configuration.accounts["main"])
        let now = Timestamp(seconds: 1_790_000_000).advanced(by: .seconds(days * 86_400))
        return ProviderFileJudgement.findings(account, host: host, now: now).map { "\($0.status.rawValue) \($0.text)" }
    }

    private static let probed = """
        provider_class: P2
        probed_at: \(Timestamp(seconds: 1_790_000_000).rfc3339)
        probed_host: sandbox.example.net
        """

    @Test("shows class, file and date")
    func shown() throws {
        let expected = "ok provider class P2 (/etc/usher/main.provider.yaml, probed on 2026-09-21)"
        #expect(try findings(Self.probed) == [expected])
    }

    @Test("says when another host was probed, and when that is long ago")
    func doubts() throws {
        let other = try findings(Self.probed, host: "live.example.net")
        #expect(
            other.count == 2 && other[1].hasPrefix("advice sandbox.example.net was probed, and `endpoint` is at live")
        )
        let old = try findings(Self.probed, days: 181)
        #expect(old.count == 2 && old[1].hasPrefix("advice the probe is 181d old"))
    }

    @Test("advises a probe where there was none")
    func none() throws {
        #expect(
            try findings(nil).first?.hasPrefix("advice its provider was not probed; `usher account probe main`") == true
        )
        #expect(
            try findings("look_up: true").first?.hasPrefix("advice /etc/usher/main.provider.yaml says neither") == true
        )
    }
}
