/// Writes and reads the value of the results topic.
package enum ResultCodec {
    /// The `schema` header of every result.
    package static let schema = "usher.session.result.v1"

    /// Why bytes are not a result.
    package enum Fault: Error, Equatable, Sendable {
        case json(JSONFault)
        /// A member is missing, or is not what it should be.
        case field(String)
    }

    /// The record to publish: the bytes that every copy of the result has.
    package static func record(_ result: SessionResult) -> EncodedResult {
        EncodedResult(
            resultID: result.resultID,
            orderID: result.order.orderID,
            generation: result.generation,
            outcome: result.outcome,
            value: encode(result)
        )
    }

    /// The value as JSON, in one spelling. Moments are RFC 3339 in UTC, cut to milliseconds: never later than they
    /// were.
    package static func encode(_ result: SessionResult) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("result_id", result.resultID)
        writer.member("account", result.order.account)
        writer.member("order_id", result.order.orderID)
        writer.member("generation", Int64(result.generation))
        writer.member("outcome", result.outcome.rawValue)
        writer.member("redirect_url", result.session?.redirectURL)
        writer.member("opened_at", result.openedAt, digits: 3)
        writer.member("expires_at", result.expiresAt, digits: 3)
        if let session = result.session { write(session, to: &writer) }
        if let error = result.error { write(error, to: &writer) }
        writer.member("attempts", Int64(result.attempts))
        writer.member("campaign", result.campaign)
        writer.member("variable1", result.variable1)
        writer.member("variable2", result.variable2)
        writer.member("variable3", result.variable3)
        writer.member("completed_at", result.completedAt, digits: 3)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ session: OpenedSession, to writer: inout JSONWriter) {
        writer.key("session")
        writer.beginObject()
        writer.member("status", session.status)
        writer.member("intent", session.intent)
        writer.member("currency", session.currency)
        writer.member("amount", session.amount)
        writer.member("payment_method", session.paymentMethod)
        writer.member("gateway", session.gateway)
        writer.endObject()
        writer.key("customer")
        writer.beginObject()
        writer.member("customer_token", session.customerToken)
        writer.member("country", session.customerCountry)
        writer.member("avs_alert", session.avsAlert)
        writer.member("verification_alert", session.verificationAlert)
        writer.endObject()
    }

    private static func write(_ error: ResultError, to writer: inout JSONWriter) {
        writer.key("error")
        writer.beginObject()
        writer.member("code", error.code)
        writer.member("class", error.errorClass)
        writer.member("message", error.message)
        if !error.fields.isEmpty {
            writer.key("fields")
            writer.beginArray()
            for field in error.fields { writer.string(field) }
            writer.endArray()
        }
        writer.endObject()
    }

    /// Reads a value, of this version or of a later one with more members.
    ///
    /// `session.answeredAt` is `opened_at`.
    package static func decode(_ value: [UInt8]) throws(Fault) -> SessionResult {
        var reader: ResultReader
        do {
            reader = try ResultReader(value)
            try reader.read()
        } catch {
            throw .json(error)
        }
        return try reader.result()
    }
}

/// Reads a result's members by their path, then makes the result of them.
private struct ResultReader {
    private var scanner: JSONScanner
    private var texts: [String: String] = [:]
    private var integers: [String: Int64] = [:]
    private var errorFields: [String] = []
    /// Members that have another type than they should.
    private var misfits: Set<String> = []

    init(_ value: [UInt8]) throws(JSONFault) {
        scanner = try JSONScanner(value, limits: .result)
    }

    mutating func read() throws(JSONFault) {
        let value = try scanner.value()
        if value == .object { try readMembers(ResultFields.all, prefix: "") } else { try scanner.skip(value) }
        try scanner.finish()
    }

    private mutating func readMembers(_ fields: [ResultField], prefix: String) throws(JSONFault) {
        while let key = try scanner.nextKey() {
            let name = scanner.string(key)
            let value = try scanner.value()
            guard let field = fields.first(where: { $0.name == name }) else {
                try scanner.skip(value)
                continue
            }
            try readMember(field, value, path: prefix + name)
        }
    }

    private mutating func readMember(_ field: ResultField, _ value: JSONValue, path: String) throws(JSONFault) {
        switch (field.kind, value) {
        case (_, .null): break
        case (.text, .string(let text)): texts[path] = scanner.string(text)
        case (.integer, .number(let number)):
            integers[path] = Int64(String(decoding: scanner.raw(number), as: UTF8.self))
            if integers[path] == nil { misfits.insert(path) }
        case (.object, .object): try readMembers(field.members, prefix: path + ".")
        case (.list, .array):
            while try scanner.nextElement() {
                let element = try scanner.value()
                if case .string(let text) = element { errorFields.append(scanner.string(text)) }
                try scanner.skip(element)
            }
        case (.text, _), (.integer, _), (.object, _), (.list, _):
            misfits.insert(path)
            try scanner.skip(value)
        }
    }

    func result() throws(ResultCodec.Fault) -> SessionResult {
        if let misfit = misfits.min() { throw .field(misfit) }
        guard let resultID = ResultID(text: try text("result_id")) else { throw .field("result_id") }
        guard let generation = Int32(exactly: try integer("generation")) else { throw .field("generation") }
        guard let outcome = ResultOutcome(rawValue: try text("outcome")) else { throw .field("outcome") }
        guard let attempts = Int(exactly: try integer("attempts")) else { throw .field("attempts") }
        guard let completedAt = try moment("completed_at") else { throw .field("completed_at") }
        var result = SessionResult(
            resultID: resultID,
            order: Order(account: try text("account"), orderID: try text("order_id")),
            generation: generation,
            outcome: outcome,
            attempts: attempts,
            completedAt: completedAt
        )
        result.openedAt = try moment("opened_at")
        result.expiresAt = try moment("expires_at")
        if let url = texts["redirect_url"] { result.session = session(url, at: result.openedAt ?? completedAt) }
        if let code = texts["error.code"] {
            result.error = ResultError(
                code: code,
                errorClass: try text("error.class"),
                message: try text("error.message"),
                fields: errorFields
            )
        }
        result.campaign = texts["campaign"]
        result.variable1 = texts["variable1"]
        result.variable2 = texts["variable2"]
        result.variable3 = texts["variable3"]
        return result
    }

    private func session(_ url: String, at moment: Timestamp) -> OpenedSession {
        OpenedSession(
            redirectURL: url,
            answeredAt: moment,
            status: texts["session.status"],
            intent: texts["session.intent"],
            currency: texts["session.currency"],
            amount: integers["session.amount"],
            paymentMethod: texts["session.payment_method"],
            gateway: texts["session.gateway"],
            customerToken: texts["customer.customer_token"],
            customerCountry: texts["customer.country"],
            avsAlert: integers["customer.avs_alert"],
            verificationAlert: integers["customer.verification_alert"]
        )
    }

    private func text(_ path: String) throws(ResultCodec.Fault) -> String {
        guard let text = texts[path] else { throw .field(path) }
        return text
    }

    private func integer(_ path: String) throws(ResultCodec.Fault) -> Int64 {
        guard let integer = integers[path] else { throw .field(path) }
        return integer
    }

    private func moment(_ path: String) throws(ResultCodec.Fault) -> Timestamp? {
        guard let text = texts[path] else { return nil }
        guard let moment = Timestamp(rfc3339: text) else { throw .field(path) }
        return moment
    }
}
