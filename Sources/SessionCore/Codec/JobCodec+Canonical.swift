extension JobCodec {
    /// The job's content in one spelling: every field that is there, in the order of `JobFieldID`, without white space.
    /// Equal jobs have equal bytes. This is what is digested to find duplicates, stored, and read again at sending.
    package static func canonicalBody(_ job: Job) -> [UInt8] {
        body(of: job).bytes
    }

    /// The body of `content`; `expected` bytes are enough nearly always. `places` gets where its texts stand in it.
    static func body(
        of content: some JobContent,
        expected: Int = 896,
        places: BodyPlaces? = nil
    ) -> JSONWriter {
        var writer = JSONWriter(capacity: expected)
        writer.beginObject()
        for id in JobFields.topLevel { write(id, of: content, to: &writer, places) }
        writer.endObject()
        return writer
    }

    @inline(__always)
    private static func write(
        _ id: JobFieldID,
        of content: some JobContent,
        to writer: inout JSONWriter,
        _ places: BodyPlaces?
    ) {
        let name = JobFields.spelling(of: id)
        switch id {
        // Whose credentials the provider gets is the account's business.
        case .merchantID, .applicationKey: return
        case .notBefore, .notAfter: writer.member(name, content.moment(id), digits: 6)
        case .amount, .balance, .profile: writer.member(name, content.integer(id))
        case .customerData:
            guard content.hasCustomerData else { return }
            writer.key(name)
            writer.beginObject()
            for id in JobFields.customer { writeMember(id, of: content, to: &writer, places) }
            writer.endObject()
        case _: writeText(id, of: content, to: &writer, places)
        }
    }

    /// Of the customer's data.
    private static func writeMember(
        _ id: JobFieldID,
        of content: some JobContent,
        to writer: inout JSONWriter,
        _ places: BodyPlaces?
    ) {
        let name = JobFields.spelling(of: id)
        if id == .profile {
            writer.member(name, content.integer(id))
        } else {
            writeText(id, of: content, to: &writer, places)
        }
    }

    @inline(__always)
    private static func writeText(
        _ id: JobFieldID,
        of content: some JobContent,
        to writer: inout JSONWriter,
        _ places: BodyPlaces?
    ) {
        content.withText(id) { text in
            let isPlain = writer.member(JobFields.spelling(of: id), text)
            // The closing quote is behind it.
            places?.wrote(id, text.count, before: writer.length - 1, isPlain: isPlain)
        }
    }

    /// Reads a canonical body back. It was checked when it was accepted, so today's rules do not apply to it; what is
    /// not a canonical body throws `CanonicalBodyFault`.
    package static func decodeCanonical(_ body: [UInt8]) throws(CanonicalBodyFault) -> Job {
        let plain = body.withUnsafeBufferPointer { text in
            JobDraft.with(record: text) { draft in CanonicalText.read(text, into: &draft) ? try? Job(draft) : nil }
        }
        return if let plain { plain } else { try decodeAny(body) }
    }

    /// Takes all JSON, and says what is wrong with it.
    private static func decodeAny(_ body: [UInt8]) throws(CanonicalBodyFault) -> Job {
        let outcome: Result<Job, CanonicalBodyFault>
        do {
            outcome = try CanonicalReader.read(body) { draft in
                do throws(CanonicalBodyFault) {
                    return .success(try Job(draft))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw .json(error)
        }
        let job = try outcome.get()
        guard Self.body(of: job).isWritten(body) else { throw .notCanonical }
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
                draft.setInteger(id, cursor.integer(number))
            case (.customerData, .object):
                draft.hasCustomerData = true
                try readMembers(inCustomer: true)
            case (_, _):
                try cursor.skip(value)
            }
        }
    }
}
