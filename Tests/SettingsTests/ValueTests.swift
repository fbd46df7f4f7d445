import Testing

@testable import Settings

@Suite struct ValueTests {
    @Test(
        arguments: [
            ("250ms", .milliseconds(250)), ("0s", .zero), ("5s", .seconds(5)), ("-1s", .seconds(-1)),
            ("10m", .seconds(600)),
            ("24h", .seconds(86_400)), ("7d", .seconds(604_800)),
        ] as [(String, Duration)]
    )
    func durationsAreReadAndWrittenBack(_ text: String, _ expected: Duration) {
        #expect(DurationText.read(text) == expected)
        #expect(DurationText.read(DurationText.write(expected)) == expected)
    }

    @Test(arguments: ["", "5", "s", "5 s", "5S", "1.5s", "1m30s", "+5s", "--5s", "5us", "٥s", "1000000000000s", "5sec"])
    func otherTextsAreNoDurations(_ text: String) {
        #expect(DurationText.read(text) == nil)
    }

    @Test func aDurationIsWrittenInItsLargestWholeUnit() {
        #expect(DurationText.write(.seconds(86_400)) == "1d")
        #expect(DurationText.write(.seconds(90)) == "90s")
        #expect(DurationText.write(.milliseconds(1_500)) == "1500ms")
        #expect(DurationText.write(.zero) == "0s")
    }

    @Test func sizesHaveBinaryUnits() {
        #expect(SizeText.read("16MiB") == 16 << 20)
        #expect(SizeText.read("512B") == 512)
        #expect(SizeText.write(1536) == "1536B")
        #expect(SizeText.write(1 << 30) == "1GiB")
        for text in ["16", "16MB", "16 MiB", "-1KiB", "1.5KiB", ""] { #expect(SizeText.read(text) == nil) }
    }

    @Test(arguments: [
        "https://gw.example.net/cashier/virtual-terminal", "https://gw.example.net", "https://gw.example.net:8443/x",
        "http://127.0.0.1:8080/x", "https://[::1]:8443/x",
    ])
    func urlsAreTaken(_ text: String) {
        #expect(TextRule.url.allows(text))
    }

    @Test(arguments: [
        "gw.example.net", "ftp://gw.example.net/", "https://", "https:///x", "https://user@host/x",
        "https://user:word@host/x", "https://host/x?y=1", "https://host/#a", "https://host:0/", "https://host:99999/",
        "https://ho st/", "https://host\\evil/", "https://-host/", "https://höst/", "HTTPS://host/",
    ])
    func urlsThatCouldMeanSomethingElseAreNot(_ text: String) {
        #expect(!TextRule.url.allows(text))
    }

    @Test(arguments: [
        ("localhost", true), ("127.0.0.1", true), ("127.9.9.9", true), ("[::1]", true), ("LOCALHOST", true),
        ("127.example.net", false), ("10.0.0.1", false), ("localhost.example.net", false), ("db", false),
    ])
    func onlyThisMachineIsLoopback(_ host: String, _ expected: Bool) {
        #expect(isLoopbackHost(host) == expected)
    }

    @Test(arguments: [
        ("crm.example.com", true), ("CRM.example.com:8443", true), ("[::1]", true), ("[::1]:8443", true),
        ("crm.example.com:", false), ("crm.example.com:0", false), ("crm.example.com:0443", false),
        ("crm.example.com:65536", false), ("https://crm.example.com", false), ("crm.example.com/x", false), ("", false),
    ])
    func anAllowedHostMayHaveItsPort(_ text: String, _ expected: Bool) {
        #expect(TextRule.hostOrHostAndPort.allows(text) == expected)
    }

    @Test(arguments: [
        (TextRule.hostAndPort, "kafka:9092", true), (.hostAndPort, "[::1]:9092", true), (.hostAndPort, "kafka", false),
        (.hostAndPort, "a:b:9092", false), (.hostAndPort, "kafka:", false), (.name, "vt.session.jobs", true),
        (.name, "a b", false), (.name, "..", false), (.locale, "en-GB", true), (.locale, "en_GB", false),
        (.currency, "EUR", true), (.currency, "eur", false), (.hosts, "/run/postgresql", true),
        (.hosts, "db-1.example.net,db-2.example.net", true), (.hosts, "db-1,", false), (.hosts, "db-1, db-2", false),
        (.line(3), "abcd", false), (.line(9), " a", false), (.line(9), "a\nb", false), (.line(9), "", false),
    ])
    func textsKeepTheirRule(_ rule: TextRule, _ text: String, _ expected: Bool) {
        #expect(rule.allows(text) == expected)
    }
}
