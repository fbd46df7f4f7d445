/// Sizes as people write them: a whole number and a binary unit.
enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
    ]

    /// `512B`, `64KiB`, `16MiB`, `1GiB`. nil for anything else.
    static func read(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard digits.count <= 9, let count = Int(digits), let bytes = units.first(where: { $0.name == unit })?.bytes
        else { return nil }
        return count * bytes
    }

    static func write(_ bytes: Int) -> String {
        guard let unit = units.last(where: { bytes >= $0.bytes && bytes % $0.bytes == 0 }) else { return "\(bytes)B" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
