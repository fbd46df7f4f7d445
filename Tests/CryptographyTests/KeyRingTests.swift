import Cryptography
import Testing

@Suite("The key ring")
struct KeyRingTests {
    private static let digest = "digest " + String(repeating: "0d", count: 32)
    private static let first = "k1 " + String(repeating: "11", count: 32)
    private static let second = "k2 " + String(repeating: "22", count: 32)

    private func ring(_ lines: String...) throws(KeyFileError) -> KeyRing {
        try KeyRing(keyFile: lines.joined(separator: "\n") + "\n")
    }

    @Test("what is sealed opens again, in its row only")
    func sealing() throws {
        let ring = try ring(Self.first, Self.digest)
        let sealed = ring.seal(Array("planted-secret".utf8), associated: "job|a|o-1|1")
        #expect(sealed.keyID == "k1")
        #expect(!String(decoding: sealed.bytes, as: UTF8.self).contains("planted"))
        #expect(try ring.open(sealed, associated: "job|a|o-1|1") == Array("planted-secret".utf8))
        #expect(throws: SealingError.notAuthentic) { try ring.open(sealed, associated: "job|a|o-2|1") }
    }

    @Test("the same value seals differently each time")
    func nonces() throws {
        let ring = try ring(Self.first, Self.digest)
        #expect(ring.seal([1], associated: "x") != ring.seal([1], associated: "x"))
    }

    @Test("every changed byte is noticed")
    func tampering() throws {
        let ring = try ring(Self.first, Self.digest)
        let sealed = ring.seal([1, 2, 3], associated: "x")
        for index in sealed.bytes.indices {
            var changed = sealed
            changed.bytes[index] ^= 1
            #expect(throws: SealingError.notAuthentic) { try ring.open(changed, associated: "x") }
        }
        #expect(throws: SealingError.notAuthentic) {
            try ring.open(SealedValue(keyID: "k1", bytes: [1, 2]), associated: "x")
        }
    }

    @Test("a new first key seals, the old one still opens, a removed one does not")
    func rotation() throws {
        let old = try ring(Self.first, Self.digest)
        let both = try ring(Self.second, Self.first, Self.digest)
        let new = try ring(Self.second, Self.digest)
        let sealed = old.seal([7], associated: "x")
        #expect(both.activeID == "k2")
        #expect(try both.open(sealed, associated: "x") == [7])
        #expect(both.seal([7], associated: "x").keyID == "k2")
        #expect(throws: SealingError.unknownKey("k1")) { try new.open(sealed, associated: "x") }
    }

    @Test("what does not open leaves nothing behind for the next value")
    func openingAfterFailure() throws {
        let ring = try ring(Self.first, Self.digest)
        let long = [UInt8](repeating: 9, count: 5_000)
        let sealed = [ring.seal([], associated: ""), ring.seal([1], associated: "x"), ring.seal(long, associated: "x")]
        for _ in 0..<3 {
            #expect(throws: SealingError.notAuthentic) { try ring.open(sealed[2], associated: "y") }
            #expect(try ring.open(sealed[0], associated: "") == [])
            #expect(try ring.open(sealed[1], associated: "x") == [1])
            #expect(try ring.open(sealed[2], associated: "x") == long)
        }
    }

    @Test("no nonce comes twice, whichever thread seals")
    func manyNonces() async throws {
        let ring = try ring(Self.first, Self.digest)
        let sealed = await withTaskGroup(of: [SealedValue].self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<2_000).map { ring.seal([UInt8(task), UInt8($0 & 255)], associated: "row \($0)") }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var nonces: Set<[UInt8]> = []
        for values in sealed {
            for (row, value) in values.enumerated() {
                nonces.insert(Array(value.bytes.prefix(12)))
                #expect(try ring.open(value, associated: "row \(row)").last == UInt8(row & 255))
            }
        }
        #expect(nonces.count == 16_000)
    }

    @Test("what was sealed before opens: AES-256-GCM, the nonce first, the tag last, bound to text and key")
    func format() throws {
        // By Python's cryptography: AESGCM(b"\x11" * 32).encrypt(bytes(range(12)), b"body", b"job|a|o-1|1|k1").
        let ring = try ring(Self.first, Self.digest)
        let bytes = try #require(Self.decode(hex: "000102030405060708090a0b718cd26ae2f592296ca81e78c0b9d5594f746e13"))
        let value = SealedValue(keyID: "k1", bytes: bytes)
        #expect(try ring.open(value, associated: "job|a|o-1|1") == Array("body".utf8))
    }

    private static func decode(hex: String) -> [UInt8]? {
        let digits = Array(hex)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return bytes.count * 2 == digits.count ? bytes : nil
    }

    @Test("content digests outlive a change of keys")
    func digests() throws {
        let old = try ring(Self.first, Self.digest)
        let new = try ring(Self.second, Self.digest)
        #expect(old.contentDigest([1, 2]) == new.contentDigest([1, 2]))
        #expect(old.contentDigest([1, 2]) != old.contentDigest([1, 3]))
        #expect(old.contentDigest([1]).count == 32)
    }

    @Test("a key's check value is always the same, and another's whose id is the same is another")
    func checkValues() throws {
        let values = try ring(Self.first, Self.digest).checkValues
        #expect(values.map(\.keyID) == ["digest", "k1"])
        // By Python: hmac.new(b"\x11" * 32, b"usher key check|k1", "sha256").hexdigest(), and the same of b"\x0d" * 32.
        #expect(values[0].bytes.hex == "a707f059455fa3cd6bdff362128b5e9eacf923f67354faf6d32eae201f004856")
        #expect(values[1].bytes.hex == "349f95031b02e6b472329b2d162289b7e3c85059f466ad5e229c7d5cb6f703a3")
        let other = try ring("k1 " + String(repeating: "12", count: 32), Self.digest).checkValues
        #expect(other[0] == values[0] && other[1] != values[1])
    }

    @Test("a ring without keys opens nothing")
    func keyless() throws {
        let sealed = try ring(Self.first, Self.digest).seal([7], associated: "x")
        #expect(KeyRing.keyless.isKeyless && KeyRing.keyless.checkValues.isEmpty)
        #expect(throws: SealingError.unknownKey("k1")) { try KeyRing.keyless.open(sealed, associated: "x") }
    }

    @Test("a file that is not in order is refused with its line")
    func files() throws {
        #expect(throws: KeyFileError.empty) { try ring("# nothing", "") }
        #expect(throws: KeyFileError.empty) { try ring(Self.digest) }
        #expect(throws: KeyFileError.noDigestKey) { try ring(Self.first) }
        #expect(throws: KeyFileError.malformed(line: 2)) { try ring(Self.first, "k2 1234") }
        #expect(throws: KeyFileError.malformed(line: 1)) { try ring("k/1 " + String(repeating: "1", count: 64)) }
        #expect(throws: KeyFileError.repeatedID("k1", line: 3)) { try ring("#", Self.first, Self.first) }
    }

    @Test("a file's lines end with LF or CR LF, and are counted alike", arguments: ["\n", "\r\n"])
    func lineEnds(_ end: String) throws {
        let file = ["# keys", Self.first, "", Self.second + " ", Self.digest, ""].joined(separator: end)
        let ring = try KeyRing(keyFile: file)
        #expect(ring.activeID == "k1" && ring.opens(keyID: "k2"))
        let wrong = ["# keys", Self.first, "", "k2 1234", Self.digest].joined(separator: end)
        #expect(throws: KeyFileError.malformed(line: 4)) { try KeyRing(keyFile: wrong) }
    }

    @Test("a new key file can be used")
    func newFile() throws {
        let file = KeyRing.newKeyFile(id: "k9")
        #expect(try KeyRing(keyFile: file).activeID == "k9")
        #expect(KeyRing.newKeyFile(id: "k9") != file)
    }

    @Test("a secret prints as redacted wherever it lands")
    func secrets() {
        let secret = Secret("planted")
        #expect("\(secret)" == "‹redacted›")
        #expect(String(reflecting: secret) == "‹redacted›")
        #expect(!String(reflecting: [secret]).contains("planted"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("planted"))
        #expect(secret.reveal() == Array("planted".utf8))
    }
}
