import KafkaTransport
import Testing
import UsherTestKit

extension EndToEnd {
    /// What operators did is read back as they would read it: nobody needs SQL for it.
    @Suite("Audit")
    struct AuditTests {
        @Test("what was held, released and taught is read back, newest first and page by page", .timeLimit(.minutes(2)))
        func readBack() async throws {
            // Verbs need no broker.
            let kafka = try EmbeddedKafka()
            let installation = try await Installation(on: KafkaCluster(kafka), partitions: 1)
            try await installation.use(scenario)
            withExtendedLifetime(kafka) {}
        }

        private func scenario(_ installation: Installation) async throws {
            let none = try await usher(installation, ["audit"])
            #expect(none.code == 0 && none.output.isEmpty && none.error == "no audit lines\n", "\(none)")
            let acts = [
                ["hold", "main", "--reason", "contract\u{1B}[31m ended"],
                ["release", "main", "--reason", "contract signed"],
                ["errors", "set", "main", "--code", "417", "--class", "retry_slow", "--message", "Busy."]
                    + ["--reason", "support says so"],
            ]
            // Who acts is said in either way: one releases what the other held.
            let sayings = [["--as", "ann"], [], ["--as=ann"]]
            for (words, saying) in zip(acts, sayings) {
                let variable = saying.isEmpty ? ["/usr/bin/env", "USHER_OPERATOR=ann"] : []
                let done = try await usher(installation, ["account"] + words + saying, through: variable)
                #expect(done.code == 0, "\(words): \(done)")
            }
            let all = try await usher(installation, ["audit"])
            #expect(all.code == 0 && all.error.isEmpty, "\(all)")
            let lines = all.output.split(separator: "\n")
            let endings = [
                "  SUBJECT", "  error_rule_set   main set-417", "  reason: support says so",
                "  change: nothing -> code 417 → retry_slow: Busy.", "  account release  main",
                "  reason: contract signed", "  change: operator: contract?[31m ended -> not held",
                "  account hold     main", "  reason: contract?[31m ended", "  change: nothing -> held by an operator",
            ]
            #expect(lines.count == endings.count, "\(all.output)")
            for (line, ending) in zip(lines, endings) { #expect(line.hasSuffix(ending), "\(all.output)") }
            let filter = ["--since", "1h", "--actor", "ann", "--action", "account", "--subject", "main"]
            let some = try await usher(installation, ["audit", "--json"] + filter)
            #expect(some.code == 0 && some.output.hasPrefix("{\"lines\":[{\"audit_id\":"), "\(some)")
            #expect(some.output.contains("\"action\":\"account hold\",\"subject\":\"main\""), "\(some)")
            #expect(some.output.contains("\"reason\":\"contract\\u001b[31m ended\""), "\(some)")
            #expect(some.output.contains("\"actor\":\"says ann, "), "\(some)")
            #expect(!some.output.contains("error_rule_set"), "\(some)")

            let first = try await usher(installation, ["audit", "--limit", "2"])
            #expect(first.output.contains("Next page: usher audit -c "), "\(first)")
            let cursor = first.output.split { $0.isWhitespace }.last.map { String($0) } ?? ""
            let second = try await usher(installation, ["audit", "--limit", "2", "--after", cursor])
            #expect(second.output.contains("account hold") && !second.output.contains("Next page"), "\(second)")
            try await releases(installation)
        }

        /// A line that one operator copied does not end what another has begun since.
        private func releases(_ installation: Installation) async throws {
            let held = try await usher(installation, ["account", "hold", "main", "--as", "ben", "--reason", "fraud"])
            #expect(held.code == 0, "\(held)")
            let release = ["account", "release", "main", "--as", "ann", "--reason", "address mended"]
            let refused = try await usher(installation, release)
            #expect(refused.code == 1 && refused.output.isEmpty, "\(refused)")
            #expect(refused.error.hasPrefix("usher account release: says ben, "), "\(refused)")
            #expect(refused.error.contains(": fraud\nNothing was changed."), "\(refused)")
            #expect(try await installation.query("select kind from usher.account_hold") == [["operator"]])
            let released = try await usher(installation, release + ["--also-operator"])
            #expect(released.code == 0 && released.output.contains("main is released"), "\(released)")
        }

        private func usher(
            _ installation: Installation,
            _ words: [String],
            through program: [String] = []
        ) async throws -> Shell.Answer {
            try await Shell.run(program + [UsherProcess.binary] + words + ["-c", installation.settingsFile])
        }
    }
}
