import Cryptography
import SessionCore
import Testing

@testable import CashierClient
@testable import CashierSimulator
@testable import usher

/// What a probe must conclude about a personality of the simulator.
struct ExpectedProfile: Sendable, CustomTestStringConvertible {
    var personality: String
    var providerClass: String
    var policy = "repost"
    var looksUp = "true"
    var validity = "60s"
    var unit = "characters"

    var testDescription: String { personality }

    static let all: [ExpectedProfile] = [
        ExpectedProfile(personality: "documented", providerClass: "P2"),
        ExpectedProfile(personality: "fresh-session", providerClass: "P2"),
        ExpectedProfile(personality: "fresh", providerClass: "P2"),
        ExpectedProfile(personality: "idempotent", providerClass: "P1"),
        ExpectedProfile(personality: "not-unique", providerClass: "P2", policy: "park"),
        ExpectedProfile(personality: "strict-clock", providerClass: "P2"),
        ExpectedProfile(personality: "lenient-clock", providerClass: "P2", validity: "120s"),
        ExpectedProfile(personality: "unsigned-errors", providerClass: "P2"),
        ExpectedProfile(personality: "signed-errors", providerClass: "P2"),
        ExpectedProfile(personality: "body-errors", providerClass: "P2"),
        ExpectedProfile(personality: "http-errors", providerClass: "P2"),
        ExpectedProfile(personality: "classic-texts", providerClass: "P2"),
        ExpectedProfile(personality: "newer-texts", providerClass: "P2"),
        ExpectedProfile(personality: "omitted-nulls", providerClass: "P2"),
        ExpectedProfile(personality: "sparse-replies", providerClass: "P2"),
        ExpectedProfile(personality: "text-numbers", providerClass: "P2"),
        ExpectedProfile(personality: "iso-times", providerClass: "P2"),
        ExpectedProfile(personality: "short-lived", providerClass: "P2"),
        ExpectedProfile(personality: "late-lookups", providerClass: "P2"),
        ExpectedProfile(personality: "paid-lookups", providerClass: "P3", policy: "park", looksUp: "false"),
        ExpectedProfile(personality: "no-agent-api", providerClass: "P3", policy: "park", looksUp: "false"),
        ExpectedProfile(personality: "own-tokens", providerClass: "P2"),
        ExpectedProfile(personality: "lenient-fields", providerClass: "P2"),
        ExpectedProfile(personality: "strict-fields", providerClass: "P2", unit: "bytes"),
        ExpectedProfile(personality: "persistent-callbacks", providerClass: "P2"),
        // Suppositions that meet.
        ExpectedProfile(personality: "idempotent,no-agent-api", providerClass: "P1", looksUp: "false"),
        ExpectedProfile(personality: "idempotent,paid-lookups", providerClass: "P1", looksUp: "false"),
        ExpectedProfile(
            personality: "not-unique,no-agent-api,http-errors,newer-texts",
            providerClass: "P3",
            policy: "park",
            looksUp: "false"
        ),
        ExpectedProfile(
            personality: "request-validity=900s",
            providerClass: "P3",
            policy: "park",
            looksUp: "false",
            validity: "600s"
        ),
        ExpectedProfile(personality: "request-validity=200s", providerClass: "P2", validity: "300s"),
        ExpectedProfile(personality: "lookup-url=shown,signed-errors", providerClass: "P2"),
    ]
}

/// A simulator and a probe of it.
struct ProbeBench {
    let simulator: RunningSimulator
    var plan = ProbePlan()

    init(_ personality: String, clockOffset: Duration = .zero, faults: String = "") throws {
        var configuration = SimulatorConfiguration(accounts: [
            SimulatorAccount(merchantID: "merchant", applicationKey: "application", secret: Secret("MerchantSecretKey"))
        ])
        configuration.personality = try Personality(parsing: personality)
        configuration.clockOffset = clockOffset
        configuration.faults = try FaultPlan(parsing: faults)
        simulator = try CashierSimulator.start(configuration)
        plan.isLocal = true
        plan.lookUpMoments = [.zero, .milliseconds(3_200)]
    }

    func account(secret: String = "MerchantSecretKey") -> CashierAccount {
        CashierAccount(
            name: "sandbox",
            endpoint: "http://127.0.0.1:\(simulator.port)/cashier/virtual-terminal",
            merchantID: "merchant",
            applicationKey: "application",
            secrets: [Secret(secret)]
        )
    }

    func run(secret: String = "MerchantSecretKey") async throws -> ProbeReport {
        let account = account(secret: secret)
        let prober = try CashierProber(account: account, now: { .systemNow })
        var run = ProbeRun(
            plan: plan,
            prober: prober,
            requests: ProbeRequests(account: account, prefix: "probe-test1"),
            now: { .systemNow },
            isStopped: { false },
            tell: { _, _ in }
        )
        let ending = await run.run()
        await prober.close()
        return ProbeReport(account: "sandbox", host: "127.0.0.1", plan: plan, ending: ending, record: run.record)
    }
}

extension ProbeReport {
    func setting(_ key: String) -> String? { profile.settings.first { $0.key == key }?.value }

    func explanation(_ question: ProbeQuestion) -> ProbeExplanation? {
        explanations.first { $0.question == question }
    }
}

@Suite("A probe of the simulator")
struct ProbeTests {
    @Test("concludes what its personality is", arguments: ExpectedProfile.all)
    func personality(_ expected: ExpectedProfile) async throws {
        let bench = try ProbeBench(expected.personality)
        defer { bench.simulator.stop() }
        let report = try await bench.run()
        #expect(report.ending == .complete)
        #expect(report.profile.providerClass?.rawValue == expected.providerClass)
        #expect(report.setting("unknown_policy") == expected.policy)
        #expect(report.setting("look_up") == expected.looksUp)
        #expect(report.setting("request_validity") == expected.validity)
        #expect(report.setting("length_unit") == expected.unit)
        #expect(report.setting("clock_offset") == "-1s")
        for explanation in report.explanations where explanation.question != .afterExpiry {
            #expect(explanation.state == .answered, "\(explanation)")
        }
        #expect(report.explanation(.afterExpiry)?.state == .skipped)
        #expect(report.exitCode == (report.profile.problems.isEmpty ? .success : .failure))
        let isUsable = !expected.personality.contains("iso-times") && expected.validity != "600s"
        #expect(report.profile.problems.isEmpty == isUsable, "\(report.profile.problems)")
    }

    @Test(
        "asks an order again once its session has expired",
        arguments: zip(
            ["fresh", "idempotent", "not-unique"],
            [
                "an expired order may be opened again under its own id",
                "an expired order may be opened again under its own id",
                "an order_id is used up for ever: reopening needs another one",
            ]
        )
    )
    func expiry(_ personality: String, _ means: String) async throws {
        var bench = try ProbeBench("\(personality),session-lifetime=1s")
        defer { bench.simulator.stop() }
        bench.plan.questions = [.sameOrder, .afterExpiry, .lookUps]
        bench.plan.waits = true
        bench.plan.lifetime = .seconds(1)
        bench.plan.lifetimeMargin = .milliseconds(200)
        let report = try await bench.run()
        #expect(report.explanation(.afterExpiry)?.means == means)
        #expect(report.explanation(.afterExpiry)?.came.hasPrefix("the look-up says `expired`; ") == true)
    }

    @Test("measures the provider's clock and says how to stay behind it", arguments: [-100, -7, 7, 100] as [Int64])
    func clock(_ seconds: Int64) async throws {
        let bench = try ProbeBench("documented", clockOffset: .seconds(seconds))
        defer { bench.simulator.stop() }
        let report = try await bench.run()
        #expect(report.ending == .complete)
        let offset = try #require(report.setting("clock_offset").flatMap { Int64($0.dropLast()) })
        // Seconds are cut on both sides.
        #expect((seconds - 2...seconds - 1).contains(offset), "\(offset)")
        #expect(report.setting("request_validity") == "60s")
        #expect(report.profile.providerClass == .lookUp)
        #expect(report.exitCode == .success)
        #expect(report.profile.advice.contains { $0.contains("clock is") })
    }

    @Test("opens nothing when it is told to only read")
    func readOnly() async throws {
        var bench = try ProbeBench("lenient-clock,signed-errors")
        defer { bench.simulator.stop() }
        bench.plan.isReadOnly = true
        let report = try await bench.run()
        #expect(bench.simulator.statistics().sessionsOpened == 0)
        #expect(report.record.sessions.isEmpty)
        #expect(report.setting("request_validity") == "120s")
        let answered = report.explanations.filter { $0.state == .answered }.map(\.question)
        #expect(answered == [.timestamps, .lookUps, .errors, .signatures])
        #expect(report.setting("unknown_policy") == nil)
        #expect(report.profile.providerClass == nil)
    }

    @Test(
        "ends at once where the provider refuses the account, and says so",
        arguments: [
            "account=disabled", "account=no-access", "account=not-whitelisted,http-errors", "account=website-disabled",
        ]
    )
    func refusedAccount(_ personality: String) async throws {
        let bench = try ProbeBench(personality)
        defer { bench.simulator.stop() }
        let report = try await bench.run()
        #expect(report.exitCode == .noPermission)
        #expect(report.record.entries.values.joined().count == 1)
        #expect(report.text(width: 100).contains("The provider refuses the account, so nothing more was asked"))
    }

    @Test("a wrong secret is told as the account's fault")
    func wrongSecret() async throws {
        let bench = try ProbeBench("newer-texts")
        defer { bench.simulator.stop() }
        #expect(try await bench.run(secret: "another").exitCode == .noPermission)
    }

    @Test("nobody there is told as that")
    func unreachable() async throws {
        let bench = try ProbeBench("documented")
        bench.simulator.stop()
        let report = try await bench.run()
        #expect(report.exitCode == .unavailable)
        #expect(report.record.entries.isEmpty)
    }

    @Test("a limit of calls is told, and a session that is signed wrongly is a problem")
    func faults() async throws {
        let limited = try ProbeBench("documented", faults: "429=50%")
        defer { limited.simulator.stop() }
        let report = try await limited.run()
        #expect(report.facts.isLimitSeen)
        #expect(report.profile.advice.contains("calls were refused as too many: lower concurrency_max"))
        let forged = try ProbeBench("documented", faults: "bad_signature=100%")
        defer { forged.simulator.stop() }
        let second = try await forged.run()
        #expect(second.exitCode == .failure)
        #expect(second.explanation(.signatures)?.came.contains("signed over something else") == true)
    }

    @Test("lists every session that the provider opened, and tells no link and no token")
    func sessions() async throws {
        let bench = try ProbeBench("documented")
        defer { bench.simulator.stop() }
        let report = try await bench.run()
        #expect(report.record.sessions.count == bench.simulator.statistics().sessionsOpened)
        #expect(report.record.sessions.count <= bench.plan.sessionsMax)
        #expect(report.record.sessions.allSatisfy { $0.orderID.hasPrefix("probe-") })
        for text in [report.text(width: 80), report.json] {
            #expect(!text.contains("/login/") && !text.contains("MerchantSecretKey") && !text.contains("probe@"))
            for session in report.record.sessions { #expect(text.contains(session.orderID)) }
        }
        for line in report.text(width: 80).split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    }

    @Test("every preset is in the table")
    func tableIsWhole() {
        let known = Set(ExpectedProfile.all.map(\.personality))
        for preset in Preset.all { #expect(known.contains(preset.name), "\(preset.name)") }
    }
}
