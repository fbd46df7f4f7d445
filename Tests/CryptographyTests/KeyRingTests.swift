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

    @Test("content digests outlive a change of keys")
    func digests() throws {
        let old = try ring(Self.first, Self.digest)
        let new = try ring(Self.second, Self.digest)
        #expect(old.contentDigest([1, 2]) == new.contentDigest([1, 2]))
        #expect(old.contentDigest([1, 2]) != old.contentDigest([1, 3]))
        #expect(old.contentDigest([1]).count == 32)
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
