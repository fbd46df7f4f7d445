import Glibc

/// A line of the input, without its end.
struct InputLine: Equatable, Sendable {
    /// From 1; empty lines count.
    var number: Int
    /// At most the splitter's limit and one byte more: enough to see that the line is too long.
    var bytes: [UInt8]
}

/// Cuts pieces of input into lines, of which one at a time is held. Pure, but for where it gets the pieces from.
struct LineSplitter {
    /// The next piece; nil at the end. Pieces are not empty.
    private let nextPiece: () throws -> [UInt8]?
    private let bytesMax: Int
    private var piece: [UInt8] = []
    private var position = 0
    private var number = 0
    private var isAtEnd = false

    /// Lines are kept up to `bytesMax` bytes and one more; the rest of a longer line is passed over.
    init(bytesMax: Int = 64 << 10, nextPiece: @escaping () throws -> [UInt8]?) {
        self.bytesMax = bytesMax
        self.nextPiece = nextPiece
    }

    /// The next line that holds more than white space; nil at the end.
    mutating func next() throws -> InputLine? {
        while let line = try nextOfAny() {
            let isBlank = line.bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            if !isBlank { return line }
        }
        return nil
    }

    private mutating func nextOfAny() throws -> InputLine? {
        var bytes: [UInt8] = []
        var hasBegun = false
        while try refill() {
            hasBegun = true
            let end = Self.newline(in: piece, from: position)
            append(piece[position..<(end ?? piece.count)], to: &bytes)
            position = end.map { $0 + 1 } ?? piece.count
            if end != nil { break }
        }
        guard hasBegun else { return nil }
        number += 1
        if bytes.last == 0x0D { bytes.removeLast() }
        return InputLine(number: number, bytes: bytes)
    }

    /// Makes sure that something is left of the piece. False at the end of the input.
    private mutating func refill() throws -> Bool {
        if position < piece.count { return true }
        guard !isAtEnd, let next = try nextPiece() else {
            isAtEnd = true
            return false
        }
        piece = next
        position = 0
        return !next.isEmpty
    }

    private func append(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        // A carriage return at the limit must not make a line too long that is not.
        bytes.append(contentsOf: part.prefix(max(0, bytesMax + 2 - bytes.count)))
    }

    private static func newline(in piece: [UInt8], from start: Int) -> Int? {
        piece.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress else { return nil }
            guard let found = memchr(base + start, 0x0A, buffer.count - start) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
