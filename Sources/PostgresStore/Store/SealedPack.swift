import Cryptography

/// Sealed values of a batch, one after the other, as one parameter: cutting a value out by place and length costs the
/// server less than carrying it through a row.
struct SealedPack: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each value begins, counted from 1 as SQL does.
    private(set) var starts: [Int32] = []
    private(set) var lengths: [Int32] = []

    /// - Parameter expected: bytes in all, to reserve.
    init(expected: Int) {
        bytes.reserveCapacity(expected)
    }

    mutating func append(_ value: SealedValue) {
        starts.append(Int32(bytes.count + 1))
        lengths.append(Int32(value.bytes.count))
        bytes.append(contentsOf: value.bytes)
    }
}
