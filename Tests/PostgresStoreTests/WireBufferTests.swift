import Testing

@testable import PostgresStore

/// Parameters as they are put together for the server.
@Suite struct WireBufferTests {
    @Test(arguments: [0, 16, 1_000]) func numbersAndBytesStandInTheirOrderHoweverSmallItBegan(_ capacity: Int) {
        var buffer = WireBuffer(capacity: capacity)
        var expected: [UInt8] = []
        for number in 0..<100 {
            let start = buffer.count
            buffer.append(Int32(0))
            buffer.append(Int64(number))
            let text = [UInt8](repeating: UInt8(number), count: number)
            text.withUnsafeBufferPointer { buffer.append($0) }
            buffer.append(UInt8(255))
            buffer.replace(at: start, Int32(number))
            expected += [0, 0, 0, UInt8(number), 0, 0, 0, 0, 0, 0, 0, UInt8(number)] + text + [255]
        }
        let written = buffer.withBytes { Array($0) }
        #expect(written == expected)
        #expect(buffer.count == expected.count)
    }

    @Test func lessThanExpectedIsWrittenToo() {
        let parameters: [PGParameter] = [.texts(["a"]), .bytes([1]), .null, .int4s([7, nil])]
        var buffer = WireBuffer(capacity: parameters.reduce(0) { $0 + $1.bytesExpected })
        for parameter in parameters { parameter.encode(into: &buffer) }
        #expect(buffer.count == 20 + 4 + 1 + 1 + 20 + 8 + 4)
    }
}
