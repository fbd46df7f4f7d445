/// Short byte strings one after the other, in blocks of 4 MiB: no allocation a string, and growing moves nothing.
struct Arena {
    private static let blockBytes = 4 * 1024 * 1024
    private var blocks: [[UInt8]] = []

    /// Keeps `bytes`, at most 4 MiB, and tells where.
    mutating func add(_ bytes: [UInt8]) -> Int {
        if blocks.last.map({ $0.count + bytes.count > Self.blockBytes }) ?? true {
            var block: [UInt8] = []
            // The first block grows as it needs to, so that a small simulator stays small.
            if !blocks.isEmpty { block.reserveCapacity(Self.blockBytes) }
            blocks.append(block)
        }
        let last = blocks.count - 1
        let offset = last * Self.blockBytes + blocks[last].count
        blocks[last] += bytes
        return offset
    }

    subscript(offset: Int, count: Int) -> ArraySlice<UInt8> {
        let start = offset % Self.blockBytes
        return blocks[offset / Self.blockBytes][start..<start + count]
    }

    /// What was kept from `offset` to the end of its block, for values that know their own length.
    subscript(from offset: Int) -> ArraySlice<UInt8> {
        blocks[offset / Self.blockBytes][(offset % Self.blockBytes)...]
    }
}
