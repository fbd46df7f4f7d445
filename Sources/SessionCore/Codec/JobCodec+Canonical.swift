extension JobCodec {
    /// The job's content in one spelling: every field that is there, in the order of `JobFieldID`, without white space.
    /// Equal jobs have equal bytes. This is what is digested to find duplicates, stored, and read again at sending.
    package static func canonicalBody(_ job: Job) -> [UInt8] {
        let request = job.request
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("account", job.order.account)
        writer.member("order_id", job.order.orderID)
        writer.member("campaign", job.campaign)
        writer.member("not_before", job.notBefore?.rfc3339Microseconds)
        writer.member("not_after", job.notAfter?.rfc3339Microseconds)
        writer.member("agent_name", request.agentName)
        writer.member("intent", request.intent.rawValue)
        writer.member("currency", request.currency)
        writer.member("amount", request.amount)
        writer.member("balance", request.balance)
        writer.member("cid", request.cid)
        writer.member("locale", request.locale)
        if let data = request.customerData {
            writer.key("customer_data")
            write(data, to: &writer)
        }
        writer.member("customer_token", request.customerToken)
        writer.member("payment_method", request.paymentMethod)
        writer.member("gateway", request.gateway)
        writer.member("validation_url", request.validationURL)
        writer.member("notification_url", request.notificationURL)
        writer.member("return_url", request.returnURL)
        writer.member("variable1", request.variable1)
        writer.member("variable2", request.variable2)
        writer.member("variable3", request.variable3)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ data: CustomerData, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("country", data.country)
        writer.member("first_name", data.firstName)
        writer.member("last_name", data.lastName)
        writer.member("dob", data.dateOfBirth)
        writer.member("email", data.email)
        writer.member("phone", data.phone)
        writer.member("zip", data.zip)
        writer.member("state", data.state)
        writer.member("city", data.city)
        writer.member("address", data.address)
        writer.member("profile", data.profile)
        writer.endObject()
    }

    /// Reads a canonical body back. It was checked when it was accepted, so today's rules do not apply to it; what is
    /// not a canonical body throws `CanonicalBodyFault`.
    package static func decodeCanonical(_ body: [UInt8]) throws(CanonicalBodyFault) -> Job {
        let draft: JobDraft
        do {
            draft = try decodeDraft(body)
        } catch {
            throw .json(error)
        }
        func text(_ id: JobFieldID) throws(CanonicalBodyFault) -> String {
            guard let text = draft[text: id] else { throw .field(JobFields[id].name) }
            return text
        }
        guard let intent = Intent(rawValue: try text(.intent)) else { throw .field("intent") }
        let request = SessionRequest(
            orderID: try text(.orderID),
            agentName: try text(.agentName),
            intent: intent,
            currency: try text(.currency),
            cid: try text(.cid),
            locale: try text(.locale),
            notificationURL: try text(.notificationURL),
            returnURL: try text(.returnURL)
        )
        var job = Job(order: Order(account: try text(.account), orderID: request.orderID), request: request)
        draft.addOptionalFields(to: &job)
        guard canonicalBody(job) == body else { throw .notCanonical }
        return job
    }

    /// The fields in which two canonical bodies differ, in canonical order, members of `customer_data` by their path.
    /// Empty if they are equal, or if one of them cannot be read.
    package static func differingFields(_ left: [UInt8], _ right: [UInt8]) -> [String] {
        guard let left = try? decodeDraft(left), let right = try? decodeDraft(right) else { return [] }
        return JobFieldID.allCases.filter { left.differs(from: right, in: $0) }.map { JobFields[$0].path }
    }

    private static func decodeDraft(_ body: [UInt8]) throws(JSONFault) -> JobDraft {
        var reader = try CanonicalReader(body)
        return try reader.read()
    }
}

/// Why stored bytes are not a canonical body.
package enum CanonicalBodyFault: Error, Equatable, Sendable {
    case json(JSONFault)
    /// A field is missing or unreadable.
    case field(String)
    /// Reads well, but was not written by `canonicalBody`.
    case notCanonical
}

/// Reads a canonical body without judging it.
private struct CanonicalReader {
    private var scanner: JSONScanner
    private var draft = JobDraft()

    init(_ body: [UInt8]) throws(JSONFault) {
        scanner = try JSONScanner(body, limits: .job)
    }

    mutating func read() throws(JSONFault) -> JobDraft {
        let value = try scanner.value()
        if value == .object { try readMembers(inCustomer: false) } else { try scanner.skip(value) }
        try scanner.finish()
        return draft
    }

    private mutating func readMembers(inCustomer: Bool) throws(JSONFault) {
        while let key = try scanner.nextKey() {
            let id = JobFields.find(scanner.utf8(key), inCustomer: inCustomer)
            let value = try scanner.value()
            switch (id, value) {
            case (let id?, .string(let text)):
                draft[text: id] = scanner.string(text)
            case (let id?, .number(let number)):
                draft[integer: id] = scanner.integer(number)
            case (.customerData, .object):
                draft.hasCustomerData = true
                try readMembers(inCustomer: true)
            case (_, _):
                try scanner.skip(value)
            }
        }
    }
}

extension Timestamp {
    /// RFC 3339 in UTC with all six digits, so that no moment is lost.
    fileprivate var rfc3339Microseconds: String {
        let remainder = microseconds % 1_000
        let digits = String(1_000 + (remainder < 0 ? remainder + 1_000 : remainder)).dropFirst()
        return "\(rfc3339.dropLast())\(digits)Z"
    }
}
