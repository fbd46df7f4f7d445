import Testing

@testable import SessionCore

@Suite struct NameTableTests {
    private func place(_ name: String, in names: [StaticString]) -> Int? {
        Array(name.utf8).withUnsafeBufferPointer { NameTable(names).place(of: $0) }
    }

    @Test func eachNameIsFoundAtItsPlaceInTheList() {
        let names: [StaticString] = ["timestamp", "id", "status", "intent", "", "a", "longest_of_all"]
        for (place, name) in names.enumerated() { #expect(self.place("\(name)", in: names) == place) }
    }

    @Test(arguments: ["b", "ID", "status ", "longest_of_all_", "statu", "intenu"]) func othersAreNot(_ name: String) {
        #expect(place(name, in: ["timestamp", "id", "status", "intent", "a", "longest_of_all"]) == nil)
    }

    @Test func anEmptyTableHasNone() {
        #expect(place("", in: []) == nil)
        #expect(place("a", in: []) == nil)
    }
}
