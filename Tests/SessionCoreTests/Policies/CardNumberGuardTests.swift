import SessionCore
import Testing

@Suite struct CardNumberGuardTests {
    private func finds(_ text: String) -> Bool {
        CardNumberGuard.findsCardNumber(in: Array(text.utf8))
    }

    @Test(arguments: [
        "4111111111111111", "x4111111111111111y", "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111",
        "4111 - 1111 - 1111 - 1111", "4111\u{A0}1111\u{202F}1111\u{2013}1111", "5555555555554444", "378282246310005",
        "3782 822463 10005", "30569309025904", "6011111111111117", "4222222222222", "6304000000000000000",
        "exp 12-27, 4111111111111111", "12 27 4111 1111 1111 1111", "4111 1111 1111 1111 123",
        "1, 2, 3 and 5105105105105100.",
    ])
    func finds(in text: String) {
        #expect(finds(text))
    }

    @Test(arguments: [
        "", "4111111111111112", "411111111111", "41111111111111111111", "4111,1111,1111,1111", "4111    1111 1111 1111",
        "4111/1111/1111/1111", "0000000000000000", "2026-11-21 12:00", "4111 1111 1111", "4111a111111111111",
        "+44 20 7123 4567",
    ])
    func doesNotFind(in text: String) {
        #expect(!finds(text))
    }

    @Test func everyWrongDigitIsNoticed() {
        let card = Array("4111111111111111".utf8)
        for place in card.indices {
            for digit in UInt8(0x30)...0x39 where digit != card[place] && !(place == 0 && digit == 0x30) {
                var other = card
                other[place] = digit
                #expect(!CardNumberGuard.findsCardNumber(in: other))
            }
        }
    }

    @Test func longTextOfDigitsIsSearchedInLinearTime() {
        // A quadratic search of 65,536 bytes would take minutes.
        #expect(!finds(String(repeating: "1 ", count: 32_768)))
        #expect(finds(String(repeating: "1-", count: 30_000) + "x 4111111111111111"))
    }
}
