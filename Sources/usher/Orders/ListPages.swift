import PostgresStore
import SessionCore

/// The pages of a list of orders, one after another, as `--all` prints them.
struct OrderPages {
    let filter: OrderFilter
    let limit: Int
    /// An object a line, otherwise tables.
    let isJSON: Bool
    let width: Int?
    let now: Timestamp
    private let first: OrderCursor?
    private var cursor: OrderCursor?

    init(_ filter: OrderFilter, after start: OrderCursor?, limit: Int, isJSON: Bool, width: Int?, now: Timestamp) {
        self.filter = filter
        self.limit = limit
        self.isJSON = isJSON
        self.width = width
        self.now = now
        // Objects come without the counts, and without a filter every order is one: of millions, counting them would
        // take longer than a statement may.
        let countsNothing = isJSON && filter == OrderFilter()
        cursor = start ?? (countsNothing ? OrderCursor(jobID: .max) : nil)
        first = cursor
    }

    /// Throws `StoreError`.
    mutating func next(_ store: PostgresStore) async throws -> WholeList.Page {
        let page = try await store.list(filter, after: cursor, limit: limit)
        let report = OrderListReport(
            page: page,
            isFirst: cursor == nil,
            now: now,
            onlyParked: filter.onlyParked,
            isNarrowed: filter.isNarrowed
        )
        // That there are no more is said only where nothing else is.
        let isSaid = !page.orders.isEmpty || cursor == first
        cursor = page.cursor ?? cursor
        return WholeList.Page(
            lines: isJSON ? report.jsonLines : isSaid ? report.lines(width: width) : [],
            rows: page.orders.count,
            cursor: page.cursor?.text,
            left: page.left
        )
    }
}

/// The same of the quarantine.
struct QuarantinePages {
    let filter: QuarantineFilter
    let limit: Int
    let isJSON: Bool
    let width: Int?
    let now: Timestamp
    private let start: QuarantinePlace?
    private var place: QuarantinePlace?
    /// How many are left; nil where the list does not begin at its beginning.
    private var left: Int?

    init(
        _ filter: QuarantineFilter,
        after start: QuarantinePlace?,
        limit: Int,
        isJSON: Bool,
        width: Int?,
        now: Timestamp
    ) {
        self.filter = filter
        self.start = start
        self.limit = limit
        self.isJSON = isJSON
        self.width = width
        self.now = now
        place = start
    }

    /// Throws `StoreError`.
    mutating func next(_ store: PostgresStore) async throws -> WholeList.Page {
        let page = try await store.quarantine(filter, after: place, limit: limit)
        let report = QuarantineReport(
            page: page,
            isFirst: place == nil,
            limit: limit,
            reason: filter.reason,
            now: now,
            isNarrowed: filter.isNarrowed
        )
        let isSaid = !page.entries.isEmpty || place == start
        let before: Int? = place == nil ? report.total : left
        left = before.map { max(0, $0 - page.entries.count) }
        let cursor = report.cursor
        if cursor != nil { place = page.entries.last?.place }
        return WholeList.Page(
            lines: isJSON ? report.jsonLines : isSaid ? report.lines(width: width) : [],
            rows: page.entries.count,
            cursor: cursor,
            left: left
        )
    }
}
