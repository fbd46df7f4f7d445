/// A list of names in which a key is looked for: only among those of its length.
///
/// For lists that live as long as the process, and are looked into by every thread: its memory is never given back, so
/// that nothing need be counted to look at it.
package struct NameTable: @unchecked Sendable {
    // Sendable although it holds pointers: what they lead to is written once, here.

    /// Sorted by length.
    private let names: UnsafeBufferPointer<StaticString>
    /// The place of each in the list that the table was made of.
    private let places: UnsafeBufferPointer<Int>
    /// By length: where the names that are at least so long begin.
    private let starts: UnsafeBufferPointer<Int>

    package init(_ list: [StaticString]) {
        let order = list.indices.sorted { list[$0].utf8CodeUnitCount < list[$1].utf8CodeUnitCount }
        let sorted = order.map { list[$0] }
        let longest = sorted.last?.utf8CodeUnitCount ?? 0
        names = Self.kept(sorted)
        places = Self.kept(order)
        starts = Self.kept(
            (0...longest + 1).map { length in
                sorted.firstIndex { $0.utf8CodeUnitCount >= length } ?? sorted.count
            }
        )
    }

    private static func kept<Element>(_ list: [Element]) -> UnsafeBufferPointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: list.count)
        _ = memory.initialize(from: list)
        return UnsafeBufferPointer(memory)
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
