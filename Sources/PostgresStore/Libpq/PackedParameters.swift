import Glibc

/// The parameters of one call in one buffer, as libpq wants them.
struct PackedParameters: ~Copyable {
    private var buffer: WireBuffer
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []

    init(_ parameters: [PGParameter]) {
        var buffer = WireBuffer(capacity: parameters.reduce(256) { $0 + $1.bytesExpected })
        for parameter in parameters {
            let start = buffer.count
            offsets.append(parameter.isNull ? nil : start)
            parameter.encode(into: &buffer)
            lengths.append(Int32(buffer.count - start))
        }
        self.buffer = buffer
    }

    /// The pointers are valid during the call.
    borrowing func withPointers<Value>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Value
    ) -> Value {
        let formats = [Int32](repeating: 1, count: offsets.count)
        let (offsets, lengths) = (offsets, lengths)
        return buffer.withBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                let values = offsets.map { offset in offset.flatMap { bytes.baseAddress?.advanced(by: $0) } }
                return values.withUnsafeBufferPointer { values in
                    lengths.withUnsafeBufferPointer { lengths in
                        formats.withUnsafeBufferPointer { formats in
                            body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                        }
                    }
                }
            }
        }
    }
}

/// A NULL-terminated list of C strings, freed with its owner.
final class CStrings {
    private let storage: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        storage = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { storage[index] = strdup(string) }
        storage[count] = nil
    }

    deinit {
        for index in 0..<count { free(storage[index]) }
        storage.deallocate()
    }

    /// Valid while the list is.
    var pointers: UnsafePointer<UnsafePointer<CChar>?> {
        UnsafeRawPointer(storage).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
    }

    /// The same for `posix_spawn`, which does not change what it gets.
    var mutablePointers: UnsafePointer<UnsafeMutablePointer<CChar>?> {
        UnsafePointer(storage)
    }
}
