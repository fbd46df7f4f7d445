import Testing

@testable import SessionCore

/// Eight bytes at once say what byte by byte says, wherever the one that matters stands.
@Suite struct ByteWordsTests {
    @Test(arguments: 0...26) func oneByteDecidesAtEveryPlace(_ length: Int) {
        for place in 0..<length {
            for byte in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: 0x61, count: length)
                text[place] = byte
                text.withUnsafeBufferPointer { text in
                    #expect(ByteWords.isPrintableASCII(text) == (0x20..<0x7F).contains(byte), "\(byte) at \(place)")
                    #expect(ByteWords.contains(0x5C, in: text) == (byte == 0x5C), "\(byte) at \(place)")
                }
            }
        }
    }

    @Test(arguments: 0...26) func aHashIsOfEveryByteAndOfTheLength(_ length: Int) {
        func hash(_ text: [UInt8]) -> UInt32 { text.withUnsafeBufferPointer { ByteWords.hash($0, seed: 7) } }
        let text = [UInt8](repeating: 0x61, count: length)
        for offset in 0...7 {
            // What stands before and behind it is not of it.
            let larger = [UInt8](repeating: 0x63, count: offset) + text + [UInt8](repeating: 0x64, count: 9)
            larger.withUnsafeBufferPointer { larger in
                let part = UnsafeBufferPointer(rebasing: larger[offset..<(offset + length)])
                #expect(ByteWords.hash(part, seed: 7) == hash(text), "at \(offset)")
            }
        }
        #expect(hash(text) != hash(text + [0x61]))
        for place in 0..<length {
            var other = text
            other[place] = 0x62
            #expect(hash(text) != hash(other), "\(place) of \(length)")
        }
    }

    @Test func nothingIsPrintableAndContainsNothing() {
        let text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        #expect(ByteWords.isPrintableASCII(text))
        #expect(!ByteWords.contains(0, in: text))
    }
}
