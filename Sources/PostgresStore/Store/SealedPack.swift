import Cryptography

/// Sealed values of a batch, one after the other, as one parameter: cutting a value out by place and length costs the
/// server less than carrying it through a row.
struct SealedPack: Sendable {
    let bytes: [UInt8]
    /// Where each value begins, counted from 1 as SQL does.
    let starts: [Int32]
    let lengths: [Int32]

    /// - Parameters:
    ///   - plain: an element's value.
    ///   - associated: what it is bound to.
    init<Element>(
        _ elements: [Element],
        keys: KeyRing,
        plain: (Element) -> [UInt8],
        associated: (Element) -> String
    ) {
        let lengths = elements.map { Int32(plain($0).count + Sealer.overhead) }
        var starts: [Int32] = []
        starts.reserveCapacity(lengths.count)
        var next: Int32 = 1
        for length in lengths {
            starts.append(next)
            next += length
        }
        let size = Int(next - 1)
        bytes = keys.withSealer { sealer in
            [UInt8](unsafeUninitializedCapacity: size) { all, count in
                for (index, element) in elements.enumerated() {
                    let start = Int(starts[index] - 1)
                    let place = UnsafeMutableBufferPointer(rebasing: all[start..<start + Int(lengths[index])])
                    sealer.seal(plain(element), associated: associated(element), into: place)
                }
                count = size
            }
        }
        self.starts = starts
        self.lengths = lengths
    }
}
