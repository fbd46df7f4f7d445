import Testing

@testable import Settings

@Suite struct YAMLReaderTests {
    private func faults(_ text: String) -> [String] {
        YAMLReader.read(Array(text.utf8)).faults.map { "\($0.line): \($0.message)" }
    }

    @Test func everyValueKnowsItsLine() throws {
        let reading = YAMLReader.read(Array("a: 1\nb:\n  - x\n  - \"5\"\nc:\n".utf8))
        let one = YAMLNode(content: .scalar("1", quoted: false), line: 1)
        let items = [
            YAMLNode(content: .scalar("x", quoted: false), line: 3),
            YAMLNode(content: .scalar("5", quoted: true), line: 4),
        ]
        #expect(reading.faults == [])
        guard case .map(let pairs) = reading.root?.content else {
            Issue.record("no mapping was read")
            return
        }
        #expect(pairs.map(\.key) == ["a", "b", "c"])
        #expect(pairs.map(\.line) == [1, 2, 5])
        #expect(pairs[0].value == one)
        #expect(pairs[1].value.content == .list(items))
        #expect(pairs[2].value.content == .null)
    }

    @Test func anEmptyFileIsNothing() {
        #expect(YAMLReader.read([]) == YAMLReader.Reading(root: nil, faults: []))
        #expect(YAMLReader.read(Array("# only words\n".utf8)) == YAMLReader.Reading(root: nil, faults: []))
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x\n", ["1: anchors", "2: aliases"]),
        ("a: !!int 1\n", ["1: tags"]),
        ("a: !run rm\n", ["1: tags"]),
        ("a: 1\nb: 2\na: 3\n", ["3: `a` stands here a second time; the first is on line 1"]),
        ("\"a\\nb\": 1\n\"a\\nb\": 2\n", ["2: `a?b` stands here a second time"]),
        ("a: 1\n---\nb: 2\n", ["2: a second document"]),
        ("a:\n\t- 1\n", ["2: not valid YAML"]),
        ("a: [1, 2\nb: 3\n", ["2: not valid YAML"]),
        ("{a: b}: c\n", ["1: a key must be plain text"]),
        ("? [a]\n: b\n", ["1: a key must be plain text"]),
        ("a: \u{1}\n", ["1: not valid YAML"]),
    ])
    func whatReadsDifferentlyToDifferentPeopleIsRefused(_ text: String, _ expected: [String]) {
        let found = faults(text)
        #expect(found.count == expected.count)
        for (fault, start) in zip(found, expected) { #expect(fault.hasPrefix(start)) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        #expect(YAMLReader.read([0x61, 0x3A, 0x20, 0xFF, 0x0A]).faults.count == 1)
    }

    @Test func depthAndSizeAreBounded() {
        let deep = String(repeating: "[", count: 17) + String(repeating: "]", count: 17)
        #expect(faults(deep) == ["1: nested deeper than 16 levels"])
        let large = "a: " + String(repeating: "x", count: 1 << 20)
        #expect(faults(large) == ["1: the file is larger than 1 MiB"])
    }

    /// Whatever a file holds, loading answers with a configuration or with problems. The seed is fixed: a run can be
    /// repeated.
    @Test func noFileMakesTheLoaderTrap() throws {
        let example = Array(try repositoryText("deploy/usher.example.yaml").utf8)
        let pieces = [
            "- ", "{", "}", "[", "]", ": ", "&a ", "*a", "!x ", "\"", "'", "|\n", "\t", "\u{FEFF}", "# ", "\n",
        ]
        var random = SeededGenerator(state: 42)
        for _ in 0..<500 {
            var bytes = example
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 20))
                case 2:
                    bytes.insert(contentsOf: Array(pieces.randomElement(using: &random)?.utf8 ?? "".utf8), at: place)
                default: bytes.append(contentsOf: bytes[place..<min(bytes.count, place + 40)])
                }
            }
            do {
                _ = try SettingsLoader.load(SettingsSources(file: ("usher.yaml", bytes)), checksFiles: false)
            } catch {
                #expect(!error.problems.isEmpty)
                #expect(error.problems.allSatisfy { !$0.message.isEmpty && !$0.description.contains("\n") })
            }
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
