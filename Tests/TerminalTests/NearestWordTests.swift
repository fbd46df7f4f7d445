import Spelling
import Testing

@Suite struct NearestWordTests {
    private let words = ["run", "replay", "results", "account", "quarantine", "dry-run"]

    @Test(
        arguments: [
            ("relpay", "replay"), ("result", "results"), ("REPLAY", "replay"), ("acount", "account"),
            ("quarantene", "quarantine"),
            ("dryrun", "dry-run"), ("rnu", "run"), ("ron", "run"), ("xyzzy", nil), ("", nil), ("replace-it-all", nil),
        ] as [(String, String?)]
    )
    func aSlipIsUnderstoodAndNonsenseIsNot(_ typed: String, _ expected: String?) {
        #expect(nearestWord(to: typed, among: words) == expected)
    }

    @Test func theFirstOfEquallyNearWordsIsTaken() {
        #expect(nearestWord(to: "cat", among: ["bat", "hat"]) == "bat")
    }
}
