/// Finds fields by their names: a table of places that the names' bits choose, two machine words a name.
struct JobFieldNames: Sendable {
    private struct Entry {
        var name = PackedName()
        var id: JobFieldID?
    }

    /// Four times as many as there are names, so that most names stand in their first place.
    private var entries = [Entry](repeating: Entry(), count: 128)

    /// - Precondition: no name has more than 16 bytes, and there are at most 64.
    init(_ ids: [JobFieldID]) {
        precondition(ids.count <= 64, "the table is too small")
        for id in ids {
            var text = JobFields[id].name
            guard let name = text.withUTF8({ PackedName($0) }) else {
                preconditionFailure("the name \(text) has more than 16 bytes")
            }
            var place = name.place
            while entries[place].id != nil { place = (place + 1) & 127 }
            entries[place] = Entry(name: name, id: id)
        }
    }

    func find(_ text: UnsafeBufferPointer<UInt8>) -> JobFieldID? {
        guard let name = PackedName(text) else { return nil }
        var place = name.place
        while let id = entries[place].id {
            if entries[place].name == name { return id }
            place = (place + 1) & 127
        }
        return nil
    }
}

/// A name's bytes with its length.
private struct PackedName: Equatable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var count = 0

    init() {}

    /// Nil for more than 16 bytes.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        guard text.count <= 16 else { return nil }
        count = text.count
        for byte in text.prefix(8) { low = low << 8 | UInt64(byte) }
        for byte in text.dropFirst(8) { high = high << 8 | UInt64(byte) }
    }

    /// 0 to 127.
    var place: Int {
        let mixed = (low ^ high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 57)
    }
}
