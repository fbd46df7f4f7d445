/// A job's fields as they were read, each fit for itself, before they are looked at together. Texts stay where they are
/// in the record until a job is made of them, so a draft is good only as long as the memory that it was made with.
struct JobDraft: JobContent {
    /// Where a text is: in the record, or, if it had escapes, in `decoded`.
    private struct Place {
        var start: UInt32 = 0
        var end: UInt32 = 0
        var isThere = false
        var isDecoded = false
    }

    private let record: UnsafeBufferPointer<UInt8>
    /// The texts that had escapes, one after the other.
    private var decoded: [UInt8] = []
    /// By `JobFieldID`.
    private let places: UnsafeMutableBufferPointer<Place>
    private var amount: Int64?
    private var balance: Int64?
    private var profile: Int64?
    var hasCustomerData = false
    /// What was wrong first, in the order of the record; a card number goes before everything else.
    private(set) var refusal: JobRefusal?

    private init(record: UnsafeBufferPointer<UInt8>, places: UnsafeMutableBufferPointer<Place>) {
        self.record = record
        self.places = places
    }

    /// Gives `body` an empty draft, which is good until it returns.
    static func with<Success>(
        record: UnsafeBufferPointer<UInt8>,
        _ body: (inout JobDraft) -> Success
    ) -> Success {
        withUnsafeTemporaryAllocation(of: Place.self, capacity: JobFields.count) { places in
            places.initialize(repeating: Place())
            var draft = JobDraft(record: record, places: places)
            return body(&draft)
        }
    }

    func integer(_ id: JobFieldID) -> Int64? {
        switch id {
        case .amount: amount
        case .balance: balance
        case .profile: profile
        case _: nil
        }
    }

    mutating func setInteger(_ id: JobFieldID, _ value: Int64?) {
        switch id {
        case .amount: amount = value
        case .balance: balance = value
        case .profile: profile = value
        case _: break
        }
    }

    /// The field's text as it came, without escapes.
    mutating func setText(_ id: JobFieldID, start: Int, end: Int) {
        places[id.rawValue] = Place(start: UInt32(start), end: UInt32(end), isThere: true)
    }

    /// The field's text after its escapes were decoded.
    mutating func setText(_ id: JobFieldID, decoded text: [UInt8]) {
        let start = UInt32(decoded.count)
        decoded.append(contentsOf: text)
        places[id.rawValue] = Place(start: start, end: UInt32(decoded.count), isThere: true, isDecoded: true)
    }

    func hasText(_ id: JobFieldID) -> Bool {
        places[id.rawValue].isThere
    }

    /// How many bytes the text has; 0 if there is none.
    func length(_ id: JobFieldID) -> Int {
        Int(places[id.rawValue].end - places[id.rawValue].start)
    }

    /// Where the text stands in the record; nil if there is none, or if it had escapes.
    func place(_ id: JobFieldID) -> Range<Int>? {
        let place = places[id.rawValue]
        return place.isThere && !place.isDecoded ? Int(place.start)..<Int(place.end) : nil
    }

    /// Nil if there is none.
    func withText<Result>(_ id: JobFieldID, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        let place = places[id.rawValue]
        guard place.isThere else { return nil }
        let range = Int(place.start)..<Int(place.end)
        if !place.isDecoded { return body(UnsafeBufferPointer(rebasing: record[range])) }
        return decoded.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    /// Whether the text is this one, byte for byte; false if there is none.
    func hasText(_ id: JobFieldID, _ expected: UnsafeBufferPointer<UInt8>) -> Bool {
        withText(id) { ByteWords.areEqual($0, expected) } ?? false
    }

    mutating func refuse(_ reason: RefusalReason, _ field: String?, _ detail: String) {
        guard refusal == nil || (reason == .pan && refusal?.reason != .pan) else { return }
        refusal = JobRefusal(reason, field: field, detail: detail)
    }

    /// The order that an answer to this record is about; nil if its `order_id` cannot be used.
    func order(defaultAccount: String?) -> Order? {
        guard let orderID = fitting(.orderID) else { return nil }
        return Order(account: fitting(.account) ?? defaultAccount ?? "", orderID: orderID)
    }

    private func fitting(_ id: JobFieldID) -> String? {
        guard length(id) <= JobFields.maxLength(of: id) else { return nil }
        return text(id)
    }

    func moment(_ id: JobFieldID) -> Timestamp? {
        withText(id) { Timestamp(rfc3339: $0) } ?? nil
    }

    /// Whether two drafts differ in a field, byte for byte: `==` of strings takes NFC and NFD for equal.
    func differs(from other: JobDraft, in id: JobFieldID) -> Bool {
        if id == .customerData { return hasCustomerData != other.hasCustomerData }
        if integer(id) != other.integer(id) { return true }
        if hasText(id) != other.hasText(id) { return true }
        return other.withText(id) { !hasText(id, $0) } ?? false
    }
}
