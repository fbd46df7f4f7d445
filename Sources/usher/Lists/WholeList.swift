/// A list that is printed to its end in one go, page by page: what `--all` does.
///
/// One page is in memory at a time. It counts as printed once all of it was written, so a list that ends early and goes
/// on after its cursor leaves nothing out.
struct WholeList {
    /// How many rows a page has.
    static let pageSize = 1_000

    struct Page: Sendable {
        /// For standard output; none where there is nothing to print.
        var lines: [String]
        /// How many orders, records or lines of the audit it holds.
        var rows: Int
        /// What the next page begins after; nil after the last.
        var cursor: String?
        /// How many rows come after it; nil where nobody counted.
        var left: Int?
    }

    enum Ending: Sendable {
        /// All of it was printed.
        case whole
        case stopped
        /// Nobody reads on.
        case outputClosed
    }

    /// Whether an empty line stands between pages.
    private let isSpaced: Bool
    /// Rows that were written.
    private(set) var written = 0
    /// After what was written last; nil where nothing was, and the list began at its beginning.
    private(set) var cursor: String?

    init(after cursor: String?, isSpaced: Bool) {
        self.cursor = cursor
        self.isSpaced = isSpaced
    }

    /// - Parameters:
    ///   - read: reads the next page.
    ///   - isStopped: asked before each page.
    ///   - write: writes text; false when nobody reads it.
    ///   - tell: told of each page with the rows that were written until then.
    mutating func run(
        _ read: () async throws -> Page,
        isStopped: () -> Bool,
        write: (String) -> Bool,
        tell: (_ page: Page, _ written: Int) -> Void = { _, _ in }
    ) async throws -> Ending {
        while !isStopped() {
            let page = try await read()
            let space = isSpaced && written > 0 ? [""] : []
            if !page.lines.isEmpty {
                guard write((space + page.lines).joined(separator: "\n") + "\n") else { return .outputClosed }
            }
            written += page.rows
            tell(page, written)
            guard let next = page.cursor else { return .whole }
            cursor = next
        }
        return .stopped
    }
}
