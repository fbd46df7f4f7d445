extension JobCodec {
    /// The job's content in one spelling: every field that is there, in the order of `JobFieldID`, without white space.
    /// Equal jobs have equal bytes. This is what is digested to find duplicates, stored, and read again at sending.
    package static func canonicalBody(_ job: Job) -> [UInt8] {
        written(job).bytes
    }

    private static func written(_ job: Job) -> JSONWriter {
        let request = job.request
        var writer = JSONWriter(capacity: 2_048)
        writer.beginObject()
        writer.member("account", job.order.account)
        writer.member("order_id", job.order.orderID)
        writer.member("campaign", job.campaign)
        writer.member("not_before", job.notBefore, digits: 6)
        writer.member("not_after", job.notAfter, digits: 6)
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
        return writer
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
        if let job = body.withUnsafeBufferPointer(CanonicalText.job) { return job }
        return try decodeAny(body)
    }

    /// Takes all JSON, and says what is wrong with it.
    private static func decodeAny(_ body: [UInt8]) throws(CanonicalBodyFault) -> Job {
        let outcome: Result<Job, CanonicalBodyFault>
        do {
            outcome = try CanonicalReader.read(body) { draft in
                do throws(CanonicalBodyFault) {
                    return .success(try readJob(draft))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .json(error)
        }
        let job = try outcome.get()
        guard written(job).isWritten(body) else { throw .notCanonical }
        return job
    }

    private static func readJob(_ draft: JobDraft) throws(CanonicalBodyFault) -> Job {
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
        return job
    }

    /// The fields in which two canonical bodies differ, in canonical order, members of `customer_data` by their path.
    /// Empty if they are equal, or if one of them cannot be read.
    package static func differingFields(_ left: [UInt8], _ right: [UInt8]) -> [String] {
        let fields = try? CanonicalReader.read(left) { left in
            try? CanonicalReader.read(right) { right in
                JobFieldID.allCases.filter { left.differs(from: right, in: $0) }.map { JobFields[$0].path }
            }
        }
        return fields ?? []
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
    private var cursor: JSONCursor
    private var draft: JobDraft

    /// Reads `body` and gives `use` the draft, which is good until it returns.
    static func read<Success>(_ body: [UInt8], _ use: (JobDraft) -> Success) throws(JSONFault) -> Success {
        try JSONCursor.read(body, limits: .job) { cursor throws(JSONFault) in
            let outcome: Result<Success, JSONFault> = JobDraft.with(record: cursor.text) { [cursor] draft in
                var reader = CanonicalReader(cursor: cursor, draft: draft)
                do throws(JSONFault) {
                    try reader.read()
                    return .success(use(reader.draft))
                } catch {
                    return .failure(error)
                }
            }
            return try outcome.get()
        }
    }

    private mutating func read() throws(JSONFault) {
        let value = try cursor.value()
        if value == .object { try readMembers(inCustomer: false) } else { try cursor.skip(value) }
        try cursor.finish()
    }

    private mutating func readMembers(inCustomer: Bool) throws(JSONFault) {
        while let key = try cursor.nextKey() {
            let id = cursor.withUTF8(key) { JobFields.find($0, inCustomer: inCustomer) }
            let value = try cursor.value()
            switch (id, value) {
            case (let id?, .string(let text)):
                if text.hasEscapes {
                    draft.setText(id, decoded: cursor.utf8(text))
                } else {
                    draft.setText(id, start: text.start, end: text.end)
                }
            case (let id?, .number(let number)):
                draft[integer: id] = cursor.integer(number)
            case (.customerData, .object):
                draft.hasCustomerData = true
                try readMembers(inCustomer: true)
            case (_, _):
                try cursor.skip(value)
            }
        }
    }
}
