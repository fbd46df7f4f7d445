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

    @Test("pieces hash like the whole, also when hashes are made meanwhile")
    func pieces() {
        let digits = Hashes.sha384Digits { input in
            input.add("a")
            #expect(Hashes.sha384(Array("abc".utf8)).hex.hasPrefix("cb00753f"))
            #expect(Hashes.sha384Digits { $0.add([UInt8](repeating: 0x61, count: 200)) }.utf8.count == 96)
            input.add(Array("\u{EB}x".utf8).dropLast())
            input.add(-12)
            input.add(Secret("s"))
            input.add([UInt8]())
        }
        #expect(digits == Hashes.sha384(Array("a\u{EB}-12s".utf8)).hex)
    }

    @Test("a digest is compared whole, in either case")
    func comparingDigests() {
        let digits = Array(Hashes.sha384(Array("abc".utf8)).hex.utf8)
        func matches(_ digits: [UInt8]) -> Bool {
            digits.withUnsafeBytes { digits in Hashes.isSHA384(digits) { $0.add("abc") } }
        }
        #expect(matches(digits))
        #expect(matches(Array(String(decoding: digits, as: UTF8.self).uppercased().utf8)))
        #expect(!matches([]) && !matches(digits.dropLast()) && !matches(digits + [0x30]))
        for index in digits.indices {
            var changed = digits
            changed[index] ^= 1
            #expect(!matches(changed))
        }
    }

    @Test("hashing in many threads mixes nothing up")
    func threads() async {
        let rights = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<64 {
                group.addTask {
                    let bytes = [UInt8](repeating: UInt8(task), count: 10 + task)
                    let first = Hashes.sha256(bytes)
                    return (0..<200).allSatisfy { _ in Hashes.sha256(bytes) == first }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(rights.count == 64 && rights.allSatisfy { $0 })
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
