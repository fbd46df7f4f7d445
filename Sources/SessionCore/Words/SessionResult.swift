/// The result's own id: 16 bytes, printed as a UUID. Derived, so that every copy of a result carries the same one.
package struct ResultID: Hashable, Sendable {
    // The bytes in order, the first one highest.
    private let high: UInt64
    private let low: UInt64

    /// - Precondition: `bytes` are 16.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == 16, "a result id has 16 bytes, not \(bytes.count)")
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The bytes in order, the first one highest.
    package var words: (high: UInt64, low: UInt64) { (high, low) }

    /// Lower-case UUID text.
    package var text: String {
        String(unsafeUninitializedCapacity: Self.textBytes) { text in
            guard let start = text.baseAddress else { return 0 }
            writeText(to: start)
            return Self.textBytes
        }
    }

    package static let textBytes = 36

    /// Writes the text form, 36 bytes.
    package func writeText(to text: UnsafeMutablePointer<UInt8>) {
        var next = text
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                next.pointee = 0x2D
                next += 1
            }
            next[0] = Self.digit(byte(index) >> 4)
            next[1] = Self.digit(byte(index) & 15)
            next += 2
        }
    }

    private func byte(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7)))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x61 + value - 10
    }
}

/// What a result says became of its (order, generation), or of its record.
package enum ResultOutcome: String, CaseIterable, Sendable {
    case opened
    case declined
    case failed
    case expired
    case cancelled
    /// An answer to a record: the order exists with other content.
    case conflict
    /// An answer to a record: it never became a job.
    case rejected
    /// An answer to a record: the order has its result, whose value is no longer stored.
    case duplicate
}

/// The session that the provider opened, verified (signature, echo, https URL).
///
/// A class: an answer goes through many hands on its way to its result, and each would count every text in it.
package final class OpenedSession: Equatable, Sendable {
    /// Logs the customer in: a secret. Byte for byte as received.
    package let redirectURL: String
    /// When the provider says that it answered (its `timestamp`, unix seconds).
    package let answeredAt: Timestamp
    package let status: String?
    package let intent: String?
    package let currency: String?
    package let amount: Int64?
    package let paymentMethod: String?
    package let gateway: String?
    package let customerToken: String?
    package let customerCountry: String?
    package let avsAlert: Int64?
    package let verificationAlert: Int64?

    package init(
        redirectURL: String,
        answeredAt: Timestamp,
        status: String? = nil,
        intent: String? = nil,
        currency: String? = nil,
        amount: Int64? = nil,
        paymentMethod: String? = nil,
        gateway: String? = nil,
        customerToken: String? = nil,
        customerCountry: String? = nil,
        avsAlert: Int64? = nil,
        verificationAlert: Int64? = nil
    ) {
        self.redirectURL = redirectURL
        self.answeredAt = answeredAt
        self.status = status
        self.intent = intent
        self.currency = currency
        self.amount = amount
        self.paymentMethod = paymentMethod
        self.gateway = gateway
        self.customerToken = customerToken
        self.customerCountry = customerCountry
        self.avsAlert = avsAlert
        self.verificationAlert = verificationAlert
    }

    /// The same, with `word` in place of the URL and of what is known of the customer; numbers, which no word can stand
    /// for, are left out.
    package func hidden(behind word: String) -> OpenedSession {
        OpenedSession(
            redirectURL: word,
            answeredAt: answeredAt,
            status: status,
            intent: intent,
            currency: currency,
            amount: amount,
            paymentMethod: paymentMethod,
            gateway: gateway,
            customerToken: customerToken.map { _ in word },
            customerCountry: customerCountry.map { _ in word }
        )
    }

    package static func == (one: OpenedSession, other: OpenedSession) -> Bool {
        one.redirectURL == other.redirectURL && one.answeredAt == other.answeredAt && one.status == other.status
            && one.intent == other.intent && one.currency == other.currency && one.amount == other.amount
            && one.paymentMethod == other.paymentMethod && one.gateway == other.gateway
            && one.customerToken == other.customerToken && one.customerCountry == other.customerCountry
            && one.avsAlert == other.avsAlert && one.verificationAlert == other.verificationAlert
    }
}

/// Why there is no session. `code` is the provider's number as text (`"400"`) or a name of Usher's
/// (`"attempts_used_up"`).
package struct ResultError: Equatable, Sendable {
    package var code: String
    package var errorClass: String
    /// For the CRM's developers; says what to change where that is known. Holds no personal data.
    package var message: String
    /// The fields that a conflict or a rejection is about.
    package var fields: [String]

    package init(code: String, errorClass: String, message: String, fields: [String] = []) {
        self.code = code
        self.errorClass = errorClass
        self.message = message
        self.fields = fields
    }
}

/// The one immutable answer per (order, generation), or an answer to a single record.
package struct SessionResult: Equatable, Sendable {
    package var resultID: ResultID
    package var order: Order
    /// 1 for the first job of an order; 0 in answers to a record that touched no generation.
    package var generation: Int32
    package var outcome: ResultOutcome
    package var session: OpenedSession?
    /// When the provider says that it answered.
    package var openedAt: Timestamp?
    /// Until when the redirect URL may be used, counted from the mark before its sending.
    package var expiresAt: Timestamp?
    package var error: ResultError?
    package var attempts: Int
    package var campaign: String?
    package var variable1: String?
    package var variable2: String?
    package var variable3: String?
    package var completedAt: Timestamp

    package init(
        resultID: ResultID,
        order: Order,
        generation: Int32,
        outcome: ResultOutcome,
        attempts: Int,
        completedAt: Timestamp
    ) {
        self.resultID = resultID
        self.order = order
        self.generation = generation
        self.outcome = outcome
        self.attempts = attempts
        self.completedAt = completedAt
    }
}

/// A result ready for the topic: the bytes that every copy has.
///
/// A class: it goes through many hands on its way to the topic, and each would count what is in it.
package final class EncodedResult: Equatable, Sendable {
    package let resultID: ResultID
    package let orderID: String
    package let generation: Int32
    package let outcome: ResultOutcome
    package let value: [UInt8]

    package init(resultID: ResultID, orderID: String, generation: Int32, outcome: ResultOutcome, value: [UInt8]) {
        self.resultID = resultID
        self.orderID = orderID
        self.generation = generation
        self.outcome = outcome
        self.value = value
    }

    package static func == (one: EncodedResult, other: EncodedResult) -> Bool {
        one.resultID == other.resultID && one.orderID == other.orderID && one.generation == other.generation
            && one.outcome == other.outcome && one.value == other.value
    }
}
