import CashierClient
import CashierSignature
import Cryptography
import Testing

@Suite("The provider's signature")
struct SignatureTests {
    @Test("every known vector", arguments: SignatureVector.all)
    func vector(_ vector: SignatureVector) {
        let digest = Signature.sign(vector.fields, secret: Secret(vector.secret), value: vector.value)
        #expect((digest == vector.digest) == vector.isRight)
        let isValid = Signature.isValid(
            Array(vector.digest.utf8),
            vector.fields,
            secrets: [Secret(vector.secret)],
            value: vector.value
        )
        #expect(isValid == vector.isRight)
    }

    @Test("all 41 are there")
    func count() {
        #expect(SignatureVector.all.count == 41)
        #expect(SignatureVector.all.filter { !$0.isRight }.count == 4)
    }

    @Test("texts that Swift calls equal sign differently when their bytes differ")
    func normalisation() {
        let composed = SignatureVector.all.first { $0.id == "R7" }
        let decomposed = SignatureVector.all.first { $0.id == "R8" }
        #expect("Zo\u{EB} M\u{FC}ller" == "Zoe\u{308} Mu\u{308}ller")
        #expect(composed?.value("agent_name") != decomposed?.value("agent_name"))
        #expect(composed?.digest != decomposed?.digest)
    }

    @Test("upper case, the second secret and nothing else are taken")
    func rotation() throws {
        let vector = try #require(SignatureVector.all.first { $0.id == "P1" })
        func isValid(_ text: String, _ secrets: [String]) -> Bool {
            Signature.isValid(
                Array(text.utf8),
                vector.fields,
                secrets: secrets.map { Secret($0) },
                value: vector.value
            )
        }
        #expect(isValid(vector.digest.uppercased(), [vector.secret]))
        #expect(isValid(vector.digest, ["new", vector.secret]))
        #expect(!isValid(vector.digest, ["new"]))
        #expect(!isValid(vector.digest, []))
        #expect(!isValid("", [vector.secret]))
        #expect(!isValid(String(vector.digest.dropLast()), [vector.secret]))
        #expect(!isValid(vector.digest + "0", [vector.secret]))
    }
}
