/// Rows of text in aligned columns. Pure.
package struct TextTable: Sendable {
    package enum Alignment: Sendable {
        case left
        case right
    }

    package struct Column: Sendable {
        package var title: String
        package var alignment: Alignment
        /// Whether the column gives up width when the table is too wide for the terminal.
        package var isFlexible: Bool

        package init(_ title: String, _ alignment: Alignment = .left, isFlexible: Bool = false) {
            self.title = title
            self.alignment = alignment
            self.isFlexible = isFlexible
        }
    }

    package let columns: [Column]
    private var rows: [[String]] = []

    package init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row with a text for every column. Control characters are made harmless.
    package mutating func add(_ row: [String]) {
        precondition(row.count == columns.count, "a row of \(row.count) in a table of \(columns.count) columns")
        rows.append(row.map(printable))
    }

    /// Lines without newlines, the titles first. With `width`, flexible columns are cut until the table fits, down to
    /// eight columns each.
    package func lines(width: Int? = nil) -> [String] {
        var widths = columns.indices.map { index in
            ([columns[index].title] + rows.map { $0[index] }).map(DisplayWidth.of).max() ?? 0
        }
        if let width { shrink(&widths, to: width) }
        return ([columns.map(\.title)] + rows).map { line($0, widths) }
    }

    /// Takes from the widest flexible column, one by one: none is cut while another is wider.
    private func shrink(_ widths: inout [Int], to width: Int) {
        func total() -> Int { widths.reduce(0, +) + 2 * max(0, widths.count - 1) }
        while total() > width {
            let candidates = columns.indices.filter { columns[$0].isFlexible && widths[$0] > 8 }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map { index -> String in
            let text = DisplayWidth.cut(cells[index], to: widths[index])
            let space = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(text)))
            switch columns[index].alignment {
            case .left: return index == cells.count - 1 ? text : text + space
            case .right: return space + text
            }
        }
        return padded.joined(separator: "  ").trimmedEnd
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
