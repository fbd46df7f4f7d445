import Glibc
import SessionCore
import Testing

@testable import CashierClient
@testable import Settings
@testable import usher

@Suite("What a probe concludes")
struct ProbeConclusionTests {
    private static func opened(_ session: String, signing: ProbeReply.Signing = .right) -> ProbeReply {
        var reply = ProbeReply(code: "0", message: "", isLookUp: false, elapsed: .zero)
        reply.httpStatus = 200
        reply.status = 0
        reply.session = session
        reply.isOpened = signing == .right
        reply.signing = signing
        return reply
    }

    private static let notUnique: ProbeReply = {
        var reply = ProbeReply(code: "not_unique", message: "", isLookUp: false, elapsed: .zero)
        reply.httpStatus = 200
        reply.status = 400
        return reply
    }()

    private static func lookedUp(_ sight: SessionSight?) -> ProbeReply {
        var reply = ProbeReply(code: sight == nil ? "not_found" : "0", message: "", isLookUp: true, elapsed: .zero)
        reply.httpStatus = 200
        reply.status = sight == nil ? 400 : 0
        reply.sight = sight
        reply.isNotFound = sight == nil
        return reply
    }

    private func facts(
        twice: [ProbeReply],
        atOnce: [ProbeReply] = [],
        replay: [ProbeReply] = [],
        afterExpiry: [ProbeReply] = [],
        open: ProbeReply? = lookedUp(.open)
    ) -> ProbeFacts {
        var record = ProbeRecord()
        for reply in twice { record.add(reply, to: .twice) }
        for reply in atOnce { record.add(reply, to: .atOnce) }
        for reply in replay { record.add(reply, to: .replay) }
        for reply in afterExpiry { record.add(reply, to: .afterExpiry) }
        if !afterExpiry.isEmpty { record.add(Self.opened("first"), to: .expiring) }
        if let open { record.add(open, to: .openOrder) }
        return ProbeFacts(record)
    }

    private func policy(_ facts: ProbeFacts) -> String {
        let profile = ProviderProfile(facts)
        let policy = profile.settings.first { $0.key == "unknown_policy" }?.value ?? "none"
        return "\(profile.providerClass?.rawValue ?? "none") \(policy)"
    }

    @Test("idempotent only if every way of asking again gets the same session")
    func idempotent() {
        let (one, two) = (Self.opened("one"), Self.opened("two"))
        #expect(policy(facts(twice: [one, one])) == "P1 repost")
        #expect(policy(facts(twice: [one, one], atOnce: [one, one, one], replay: [one, one])) == "P1 repost")
        #expect(policy(facts(twice: [one, one], atOnce: [one, two, one])) == "P2 wait")
        #expect(policy(facts(twice: [one, one], replay: [one, two])) == "P2 wait")
        #expect(policy(facts(twice: [one, two], atOnce: [one, one])) == "P2 repost")
        #expect(policy(facts(twice: [one, one], open: nil)) == "P1 repost")
    }

    @Test("one session an order: waits only where an expired order may be opened again")
    func notUnique() {
        let twice = [Self.opened("one"), Self.notUnique]
        #expect(policy(facts(twice: twice)) == "P2 park")
        #expect(policy(facts(twice: twice, afterExpiry: [Self.opened("two")])) == "P2 wait")
        #expect(policy(facts(twice: twice, afterExpiry: [Self.notUnique])) == "P2 park")
        #expect(policy(facts(twice: twice, open: Self.lookedUp(nil))) == "P3 park")
    }

    @Test("what was not understood decides nothing")
    func unclear() {
        var broken = ProbeReply(code: "timeout", message: "", isLookUp: false, elapsed: .zero)
        #expect(policy(facts(twice: [Self.opened("one"), broken])) == "none none")
        #expect(policy(facts(twice: [Self.opened("one")])) == "none none")
        #expect(policy(facts(twice: [Self.opened("one"), Self.opened("two")], open: nil)) == "none none")
        broken.httpStatus = 503
        #expect(policy(facts(twice: [broken, broken])) == "none none")
    }

    @Test(
        "the age from which requests are refused",
        arguments: [
            ([61: false, 120: false], 60), ([61: true, 120: false], 120), ([61: true, 120: true, 300: false], 300),
            ([61: true, 120: true, 300: true, 600: false], 600),
            ([61: true, 120: true, 300: true, 600: true], Int64.max),
            ([61: false, 120: true], nil), ([:], nil),
        ] as [([Int64: Bool], Int64?)]
    )
    func validity(_ taken: [Int64: Bool], _ expected: Int64?) {
        var facts = ProbeFacts(ProbeRecord())
        facts.isTakenAtAge = taken
        #expect(facts.validitySeconds == expected)
    }

    @Test("requests that never grow old make look-ups worthless")
    func immortalRequests() {
        var found = facts(twice: [Self.opened("one"), Self.opened("two")])
        found.isTakenAtAge = [61: true, 120: true, 300: true, 600: true]
        let profile = ProviderProfile(found)
        #expect(profile.providerClass == .neither)
        #expect(profile.settings.first { $0.key == "look_up" }?.value == "false")
        #expect(profile.problems.count == 1)
    }

    @Test("a link that nothing vouches for is a problem")
    func unsignedURL() {
        let reply = Self.opened("one", signing: .withoutURL)
        let profile = ProviderProfile(facts(twice: [reply, reply]))
        #expect(profile.problems.contains("the signature does not cover redirect_url, so nothing vouches for the link"))
        #expect(profile.problems.contains { $0.hasPrefix("a worker would report none of these sessions") })
    }

    @Test("a clock too far off cannot be made good")
    func clock() {
        var found = ProbeFacts(ProbeRecord())
        found.clockDifference = .seconds(400)
        #expect(ProviderProfile(found).settings.isEmpty)
        #expect(ProviderProfile(found).problems.count == 1)
        let offsets: [(Int, String)] = [
            (-500, "-1s"), (-600, "-2s"), (-1_900, "-3s"), (-2_100, "-4s"), (1_900, "-1s"), (2_100, "1s"), (0, "-1s"),
        ]
        for (milliseconds, offset) in offsets {
            found.clockDifference = .milliseconds(milliseconds)
            #expect(ProviderProfile(found).settings.first?.value == offset, "\(milliseconds)")
        }
    }

    // MARK: Plan and hosts

    @Test(
        "reads question numbers",
        arguments: [
            ("3,6", [3, 6]), ("6,3,3", [3, 6]), ("10", [10]), ("0", nil), ("11", nil), ("3,", nil), ("", nil),
            ("+3", nil),
            ("3-6", nil),
        ] as [(String, [Int]?)]
    )
    func questions(_ text: String, _ expected: [Int]?) {
        #expect(ProbePlan.questions(text)?.map(\.rawValue) == expected)
    }

    @Test("only a plan that asks everything is whole, and a reading plan opens nothing")
    func plans() {
        var plan = ProbePlan()
        #expect(plan.isWhole && plan.sessionsMax == 27)
        #expect(plan.lines.count == 10 && plan.lines[1].contains("--wait"))
        plan.isReadOnly = true
        #expect(!plan.isWhole && plan.sessionsMax == 0)
        #expect(plan.asked.map(\.rawValue) == [3, 6, 8, 9])
        #expect(plan.lines.allSatisfy { $0.contains("opens nothing") || $0.contains("not asked") })
        plan = ProbePlan()
        plan.questions = [.timestamps]
        #expect(!plan.isWhole)
    }

    @Test(
        "knows sandboxes, and takes every other host for live",
        arguments: [
            ("https://pci-gw-test.praxispay.com", nil, ProbeHost.sandbox),
            ("https://gateway.cashier-test.com:443", nil, .sandbox), ("https://GW.PraxisGate.com", nil, .live),
            ("https://gateway.praxispay.com:8443", nil, .live), ("https://gw.payracks.com", nil, .unknown),
            ("https://pci-gw-test.praxispay.com.example.org", nil, .unknown), ("http://127.0.0.1:8081", nil, .loopback),
            ("https://pci-gw-test.praxispay.com", "https://gw.praxisgate.com/agent/find-order", .live),
            ("http://127.0.0.1:8081", "https://gw.praxisgate.com/agent/find-order", .live),
            ("http://127.0.0.1:8081", "https://example.org/agent/find-order", .unknown),
        ] as [(String, String?, ProbeHost)]
    )
    func hosts(_ base: String, _ findOrder: String?, _ expected: ProbeHost) {
        let account = CashierAccount(
            name: "a",
            endpoint: base + "/cashier/virtual-terminal",
            findOrderURL: findOrder,
            merchantID: "m",
            applicationKey: "k",
            secrets: []
        )
        #expect(ProbeHost(account) == expected)
        #expect((ProbeHost(account).refusal == nil) == (expected == .sandbox || expected == .loopback))
    }

    // MARK: File

    @Test("the file is read by the settings as it was meant, and only a probe's file is overwritten")
    func file() throws {
        let folder = "/tmp/usher-probe-\(getpid())"
        mkdir(folder, 0o700)
        let path = "\(folder)/main.provider.yaml"
        defer {
            unlink(path)
            rmdir(folder)
        }
        var found = facts(twice: [Self.opened("one"), Self.notUnique], open: Self.lookedUp(nil))
        found.areLengthsBytes = true
        found.clockDifference = .seconds(-30)
        found.isTakenAtAge = [61: true, 120: false]
        let content = ProviderFileText(
            account: "main",
            host: "127.0.0.1:8081",
            probedAt: Timestamp(seconds: 1_790_000_000),
            profile: ProviderProfile(found),
            asked: [.sameOrder]
        )
        try content.write(to: path)
        try content.write(to: path)
        let yaml = """
            kafka: {bootstrap_servers: ["127.0.0.1:9092"]}
            postgres: {host: 127.0.0.1}
            keys: {file: /k}
            accounts:
              main:
                endpoint: https://cashier.example.net/cashier/virtual-terminal
                merchant_id: m
                application_key: a
                secret_file: /s
                provider_file: \(path)
            """
        let loaded = try SettingsLoader.load(
            SettingsSources(file: ("usher.yaml", Array(yaml.utf8))),
            checksFiles: false
        )
        let account = try #require(loaded.configuration.accounts["main"])
        #expect(account.providerClass == "P3" && account.probedHost == "127.0.0.1:8081")
        #expect(account.probedAt == Timestamp(seconds: 1_790_000_000))
        #expect(!account.looksUp && account.unknownPolicy == .park)
        #expect(account.lengthUnit == .bytes && account.clockOffset == .seconds(-31))
        #expect(account.requestValidity == .seconds(120))
        let worker = account.workerAccount(in: loaded.configuration)
        #expect(worker.outcomes.rules.requestValidity == .seconds(120))
        let foreign = open(path, O_WRONLY | O_TRUNC)
        #expect(Glibc.write(foreign, "mine", 4) == 4)
        close(foreign)
        #expect(throws: VerbError.self) { try content.write(to: path) }
        #expect(String(decoding: try FileAccess.read(path), as: UTF8.self) == "mine")
    }
}
