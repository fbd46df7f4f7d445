/// How many orders a page asks the database for, and where the next one begins. Pure.
///
/// Asked for more orders than there are, the database reads all that are older, to the first ever taken in. So a page
/// asks for as many as were counted. The first page counts them in its own snapshot, and so does each that could be the
/// last: an order may have come to match, or ceased to, since the page before.
struct OrderPaging {
    private let cursor: OrderCursor?
    private let limit: Int
    /// How many orders match from here on; nil: not counted.
    private var left: Int?

    init(after cursor: OrderCursor?, limit: Int) {
        self.cursor = cursor
        self.limit = limit
        left = cursor?.left
    }

    /// Whether this page has to count first. A cursor without a number is taken as it is: a full page is asked for.
    var needsCount: Bool {
        guard let cursor else { return true }
        return cursor.left.map { $0 <= limit } ?? false
    }

    /// Takes the number of orders that match from here on, in the snapshot that the page is read in.
    mutating func count(_ number: Int) {
        left = number
    }

    /// How many orders to ask for; none need be asked for at 0.
    var rows: Int {
        min(limit, left ?? limit)
    }

    /// What the next page begins after, once this one's orders are there; nil when there are no more.
    func next(after orders: [OrderSummary]) -> OrderCursor? {
        // Fewer than were asked for: the database looked for them to its end.
        guard let last = orders.last, orders.count >= rows else { return nil }
        guard let left else { return OrderCursor(jobID: last.jobID) }
        let rest = left - orders.count
        return rest > 0 ? OrderCursor(jobID: last.jobID, left: rest) : nil
    }
}
