/// A list of names in which a key is looked for: only among those of its length.
package final class NameTable: Sendable {
    /// Sorted by length.
    private let names: [StaticString]
    /// The place of each in the list that the table was made of.
    private let places: [Int]
    /// By length: where the names that are at least so long begin.
    private let starts: [Int]

    package init(_ list: [StaticString]) {
        let order = list.indices.sorted { list[$0].utf8CodeUnitCount < list[$1].utf8CodeUnitCount }
        let names = order.map { list[$0] }
        let longest = names.last?.utf8CodeUnitCount ?? 0
        starts = (0...longest + 1).map { length in
            names.firstIndex { $0.utf8CodeUnitCount >= length } ?? names.count
        }
        places = order
        self.names = names
    }

    /// The place of the name that is `content`, byte for byte; nil for none of them.
    func place(of content: UnsafeBufferPointer<UInt8>) -> Int? {
        guard content.count + 1 < starts.count else { return nil }
        for index in starts[content.count]..<starts[content.count + 1] {
            let name = UnsafeBufferPointer(start: names[index].utf8Start, count: content.count)
            if ByteWords.areEqual(content, name) { return places[index] }
        }
        return nil
    }
}
