/// Where the texts of a canonical body stand in it, noted while it is written: who knows that need not read it again.
struct BodyPlaces {
    private static let none = 0..<0
    /// Of a text that is written otherwise than it reads. No text begins at 0.
    private static let escaped = 0..<1

    /// By `JobFieldID`.
    private let places: UnsafeMutableBufferPointer<Range<Int>>

    /// Gives `body` an empty table, which is good until it returns.
    static func with<Success>(_ body: (BodyPlaces) -> Success) -> Success {
        withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: JobFields.count) { places in
            places.initialize(repeating: none)
            return body(BodyPlaces(places: places))
        }
    }

    /// The text of `id` was written, with its last byte before `end`.
    func wrote(_ id: JobFieldID, _ count: Int, before end: Int, isPlain: Bool) {
        places[id.rawValue] = isPlain ? end - count..<end : Self.escaped
    }

    /// Whether any text is written with escapes.
    var haveEscapes: Bool {
        places.contains(Self.escaped)
    }

    /// Nil if there is no such text.
    func place(_ id: JobFieldID) -> Range<Int>? {
        let place = places[id.rawValue]
        return place == Self.none ? nil : place
    }
}
