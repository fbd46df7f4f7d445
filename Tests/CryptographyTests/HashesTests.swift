import Cryptography
import Testing

@Suite("Hashes")
struct HashesTests {
    @Test("SHA-256 of FIPS 180-2's example")
    func sha256() {
        #expect(
            Hashes.sha256(Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            Hashes.sha256([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }

    @Test("SHA-384 of FIPS 180-2's example")
    func sha384() {
        #expect(
            Hashes.sha384(Array("abc".utf8)).hex
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        )
    }

    @Test("HMAC-SHA-256 of RFC 4231, case 2")
    func hmac() {
        let code = Hashes.hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(code.hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test("bytes are compared whole")
    func comparing() {
        #expect(isEqualInConstantTime([1, 2, 3], [1, 2, 3]))
        #expect(isEqualInConstantTime([], []))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2, 4]))
        #expect(!isEqualInConstantTime([1, 2, 3], [0, 2, 3]))
        #expect(!isEqualInConstantTime([1, 2, 3], [1, 2]))
    }

    @Test("random bytes have the length asked for and differ")
    func random() {
        #expect(secureRandomBytes(0).isEmpty)
        #expect(secureRandomBytes(16).count == 16)
        #expect(secureRandomBytes(16) != secureRandomBytes(16))
    }
}
