import KafkaTransport
import SessionCore
import Terminal

/// What comes from the results topic, put in order and made into lines. Pure.
///
/// Partitions are read one beside the other. While everything that is there is read, results are gathered and put in
/// the order of their ends; once following, they are told as they come.
struct ResultListing {
    /// Results gathered before they are told, so that memory is bounded.
    static let gatheredMax = 50_000

    private let isJSON: Bool
    private let reveals: Bool
    private let gathers: Bool
    private var gathered: [SessionResult] = []
    private(set) var told = 0
    /// Records that are no results, told on standard error.
    private(set) var unreadable = 0

    init(isJSON: Bool, reveals: Bool, gathers: Bool) {
        self.isJSON = isJSON
        self.reveals = reveals
        self.gathers = gathers
    }

    /// Takes records; returns lines that are due, and notes on records that are no results.
    mutating func take(_ records: [ReadRecord], now: Timestamp) -> (lines: [String], notes: [String]) {
        var notes: [String] = []
        for record in records {
            do {
                gathered.append(try ResultCodec.decode(record.value ?? []))
            } catch {
                unreadable += 1
                let place = "\(record.position.topic)[\(record.position.partition)] offset \(record.position.offset)"
                notes.append("\(place): is not a result: \(Self.words(error))")
            }
        }
        let isDue = !gathers || gathered.count >= Self.gatheredMax
        return (isDue ? flush(now: now) : [], notes)
    }

    /// The lines that are left.
    mutating func flush(now: Timestamp) -> [String] {
        let results = gathered.enumerated().sorted { left, right in
            (left.element.completedAt, left.offset) < (right.element.completedAt, right.offset)
        }
        gathered = []
        told += results.count
        return results.map { _, result in
            isJSON
                ? ResultLine.json(result, reveals: reveals)
                : printable(ResultLine.text(result, now: now, reveals: reveals))
        }
    }

    /// What is to be said at the end where partitions were not read; nil where nothing is missing. An order's results
    /// are in one partition: where some were found, that was read.
    func lack(_ unread: [TopicPartition], isOfOrder: Bool) -> String? {
        guard !unread.isEmpty, !isOfOrder || told == 0 else { return nil }
        let places = unread.map { "\($0.topic)[\($0.partition)]" }.joined(separator: ", ")
        return "\(places) could not be read: there may be more results"
    }

    /// What is said of a partition that is left out as reading begins.
    static func note(unread place: TopicPartition, _ error: TransportError?, follows: Bool) -> String {
        let why = error.map { "\($0)" } ?? "it has no leader"
        return "\(place.topic)[\(place.partition)] is not read: \(why)" + (follows ? "; going on when it can be" : "")
    }

    /// Names the member at fault, never its value.
    private static func words(_ fault: ResultCodec.Fault) -> String {
        switch fault {
        case .json(let fault): "no JSON object that fits, from byte \(fault.offset) on"
        case .field(let name): "\(name) is missing or of another type"
        }
    }
}
