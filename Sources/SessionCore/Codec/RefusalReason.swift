/// Why a record cannot become a job: the closed list of verdict words, documented in `docs/contracts/reasons.md`.
package enum RefusalReason: String, CaseIterable, Sendable {
    // The record
    case tombstone
    case empty
    case size
    case key
    // The text
    case utf8
    case nul
    case syntax
    case dupKey = "dup_key"
    case depth
    case keys
    // The fields
    case pan
    case unknownField = "unknown_field"
    case missing
    case type
    case length
    case format
    case range
    case amount
    case balance
    case currency
    case intent
    case url
    case host
    case pii
    case time
    // The account
    case account
    case credentials

    init(_ kind: JSONFault.Kind) {
        switch kind {
        case .dupKey: self = .dupKey
        case .nul: self = .nul
        case .utf8: self = .utf8
        case .syntax: self = .syntax
        case .depth: self = .depth
        case .keys: self = .keys
        case .size: self = .size
        }
    }
}

/// A record that cannot become a job, and why.
package struct JobRefusal: Error, Equatable, Sendable {
    package var reason: RefusalReason
    /// The field at fault (`amount`, `customer_data.zip`), where there is one. An unknown field's name is shortened to
    /// 64 characters, with `?` for everything but ASCII letters, digits, `_`, `.` and `-`.
    package var field: String?
    /// For the producer's developers: says what to do, and holds no value of the record.
    package var detail: String
    /// Set when the record is well-formed JSON with a usable `order_id`: it then gets a `rejected` answer.
    /// The account is the one the record names, else the default one, else empty.
    package var order: Order?
    /// False when the raw value must not be stored: it is too large, or something in it looks like a card number.
    package var mayKeepRaw: Bool

    package init(
        _ reason: RefusalReason,
        field: String? = nil,
        detail: String,
        order: Order? = nil,
        mayKeepRaw: Bool = true
    ) {
        self.reason = reason
        self.field = field
        self.detail = detail
        self.order = order
        self.mayKeepRaw = mayKeepRaw
    }
}
