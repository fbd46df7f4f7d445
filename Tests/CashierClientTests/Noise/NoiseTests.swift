import BlockingThreads
import Glibc
import SessionCore
import Testing

@testable import CashierClient

/// Damaged replies by the thousand. `USHER_NOISE_COUNT` sets how many rounds, `USHER_NOISE_SEED` which; what a round
/// does depends on nothing else, so a fault is found again by `USHER_NOISE_ROUND`. `scripts/fuzz` runs many.
@Suite("Noise")
struct NoiseTests {
    private static func number(_ variable: String) -> Int? {
        getenv(variable).flatMap { Int(String(cString: $0)) }
    }

    @Test("damaged replies: no trap, nothing opened that is not genuine, nothing unknown turned into a session")
    func damagedReplies() async {
        let seed = UInt64(Self.number("USHER_NOISE_SEED") ?? 20_261_121)
        let count = Self.number("USHER_NOISE_COUNT") ?? 10_000
        let tally: NoiseTally
        if let round = Self.number("USHER_NOISE_ROUND") {
            tally = NoiseRound.run(seed: seed, round..<round + 1)
        } else {
            tally = await Self.run(seed: seed, count)
        }
        for fault in tally.faults.prefix(20) {
            Issue.record("\(fault); seed \(seed)")
            print("noise: FOUND: \(fault)")
        }
        print("noise: seed \(seed), \(tally.rounds) rounds, \(tally.replies) replies, \(tally.mended) mended")
        for (word, count) in tally.outcomes.sorted(by: { $0.key < $1.key }) { print("noise: \(word): \(count)") }
        let codes = tally.codes.filter { !$0.key.isEmpty }.sorted { $0.value > $1.value }
        print("noise: codes \(codes.prefix(24).map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        guard tally.rounds >= 5_000 else { return }
        // Damage to fields that nothing depends on leaves some genuine; none or all would mean that the test is blind.
        #expect((tally.rounds / 100..<tally.rounds / 4).contains(tally.outcomes["opened"] ?? 0))
        for code in ["0", "bad_signature", "echo", "url", "stale", "not_json", "no_status", "redirect", "400", "333"] {
            #expect(tally.codes[code, default: 0] > 0, "no reply came to \(code)")
        }
    }

    /// On threads of its own, so that other tests have theirs: one, or as many as there are cores for many rounds. The
    /// pieces do not change what the rounds do.
    private static func run(seed: UInt64, _ count: Int) async -> NoiseTally {
        let lanes = count < 100_000 ? 1 : max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let piece = (count + lanes - 1) / lanes
        return await withTaskGroup(of: NoiseTally.self) { group in
            for start in stride(from: 0, to: count, by: max(1, piece)) {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        _ = NamedThread("noise") {
                            let tally = NoiseRound.run(seed: seed, start..<min(start + piece, count))
                            continuation.resume(returning: tally)
                        }
                    }
                }
            }
            var tally = NoiseTally()
            for await part in group { tally.add(part) }
            return tally
        }
    }

    @Test("what noise is added to is unknown before it is")
    func unknownsAreUnknown() {
        for (name, base) in NoiseRound.unknowns {
            let answer = ReplyReader(
                account: Sample.account(),
                expectation: .open(SharedRequest(Sample.request())),
                now: Timestamp(seconds: Sample.signedAt)
            ).classify(base.reply)
            // A provider under maintenance says so, and may have opened a session all the same.
            #expect(answer.outcome == .unknown || answer.outcome == .refused(.maintenance), "\(name): \(answer)")
        }
    }

    @Test("the judge calls genuine what is, and nothing else")
    func judge() {
        let genuine = NoisyReply(SampleReply.opened())
        #expect(genuine.isGenuine)
        for (name, base) in NoiseRound.unknowns { #expect(!base.isGenuine, "\(name)") }
        var doubled = genuine
        doubled.headers += doubled.headers
        #expect(!doubled.isGenuine)
        var repeated = genuine
        repeated.body.insert(contentsOf: Array("\"status\":0,".utf8), at: 1)
        #expect(!repeated.isGenuine)
    }

    @Test("a round does the same every time, and another seed something else")
    func repeatable() {
        let first = NoiseRound.run(seed: 7, 0..<200)
        #expect(first.codes == NoiseRound.run(seed: 7, 0..<200).codes)
        #expect(first.codes != NoiseRound.run(seed: 8, 0..<200).codes)
    }
}
