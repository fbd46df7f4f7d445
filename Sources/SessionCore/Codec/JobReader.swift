/// Reads a record into a draft. A field at fault does not end the reading: the text is checked to its end, and the
/// order of a refused record becomes known.
struct JobReader {
    private var cursor: JSONCursor
    private var draft: JobDraft

    private init(_ cursor: JSONCursor, _ draft: JobDraft) {
        self.cursor = cursor
        self.draft = draft
    }

    /// Reads `value` and gives `body` the draft, which is good until it returns.
    static func read<Success>(
        _ value: [UInt8],
        _ body: (JobDraft) -> Success
    ) throws(JSONFault) -> Success {
        try JSONCursor.read(value, limits: .job) { cursor throws(JSONFault) in
            let outcome: Result<Success, JSONFault> = JobDraft.with(record: cursor.text) { [cursor] draft in
                var reader = JobReader(cursor, draft)
                do throws(JSONFault) {
                    try reader.read()
                    return .success(body(reader.draft))
                } catch {
                    return .failure(error)
                }
            }
            return try outcome.get()
        }
    }

    private mutating func read() throws(JSONFault) {
        let value = try cursor.value()
        if value == .object {
            try readMembers(inCustomer: false)
        } else {
            draft.refuse(.type, nil, "write the job as one JSON object")
            try cursor.skip(value)
        }
        try cursor.finish()
    }

    private mutating func readMembers(inCustomer: Bool) throws(JSONFault) {
        while let key = try cursor.nextKey() {
            if let id = find(key, inCustomer: inCustomer) {
                try readField(id)
            } else {
                refuseUnknown(key, inCustomer: inCustomer)
                try cursor.skipValue()
            }
        }
    }

    private func find(_ key: JSONText, inCustomer: Bool) -> JobFieldID? {
        cursor.withUTF8(key) { JobFields.find($0, inCustomer: inCustomer) }
    }

    private mutating func readField(_ id: JobFieldID) throws(JSONFault) {
        let value = try cursor.value()
        let kind = JobFields.kind(of: id)
        switch (kind, value) {
        case (_, .null):
            if JobFields[id].presence == .always {
                draft.refuse(.type, JobFields[id].path, "\(JobFields[id].path): must not be null")
            }
        case (.text(let shape), .string(let text)):
            take(text, shape, as: id)
        case (.digits, .string(let text)):
            take(text, .phone, as: id)
        case (.digits, .number(let number)):
            take(JSONText(start: number.start, end: number.end, hasEscapes: false), .phone, as: id)
        case (.integer(let range), .number(let number)):
            take(cursor.integer(number), within: range, as: id)
        case (.object, .object):
            draft.hasCustomerData = true
            try readMembers(inCustomer: true)
        case (.text, _), (.digits, _), (.integer, _), (.object, _):
            draft.refuse(.type, JobFields[id].path, "\(JobFields[id].path): \(Self.typeAdvice(kind))")
            try cursor.skip(value)
        }
    }

    /// What a field's text is, for itself.
    private enum Fitness {
        case fit
        case cardNumber
        case otherShape
        case email
    }

    private mutating func take(_ text: JSONText, _ shape: TextShape, as id: JobFieldID) {
        let fitness: Fitness
        if text.hasEscapes {
            let content = cursor.utf8(text)
            fitness = content.withUnsafeBufferPointer { Self.judge($0, shape) }
            if fitness == .fit { draft.setText(id, decoded: content) }
        } else {
            fitness = cursor.withUTF8(text) { Self.judge($0, shape) }
            if fitness == .fit { draft.setText(id, start: text.start, end: text.end) }
        }
        if fitness != .fit { refuse(fitness, shape, as: id) }
    }

    private mutating func refuse(_ fitness: Fitness, _ shape: TextShape, as id: JobFieldID) {
        let path = JobFields[id].path
        switch fitness {
        case .fit: break
        case .cardNumber:
            draft.refuse(.pan, path, "\(path): looks like a card number; never send card numbers to this topic")
        case .otherShape:
            draft.refuse(shape.reason, path, "\(path): \(shape.advice)")
        case .email:
            draft.refuse(.pii, "cid", "cid: looks like an e-mail address; write an id that says nothing of the person")
        }
    }

    private static func judge(_ text: UnsafeBufferPointer<UInt8>, _ shape: TextShape) -> Fitness {
        if mayHoldCardNumber(text, shape), CardNumberGuard.findsCardNumber(in: text) { return .cardNumber }
        if !shape.accepts(text) { return .otherShape }
        return shape == .customerID && looksLikeEmail(text) ? .email : .fit
    }

    /// What systems make is searched only where it is digits and nothing else, of a length that no phone number has.
    private static func mayHoldCardNumber(_ text: UnsafeBufferPointer<UInt8>, _ shape: TextShape) -> Bool {
        shape.isFreeText || (shape == .phone && text.count > 15)
            || (shape == .token && text.allSatisfy { 0x30...0x39 ~= $0 || $0 == 0x2D })
    }

    private mutating func take(_ value: Int64?, within range: ClosedRange<Int64>, as id: JobFieldID) {
        if let value, range.contains(value) {
            draft.setInteger(id, value)
        } else {
            let path = JobFields[id].path
            let reason: RefusalReason = id == .profile ? .range : .amount
            draft.refuse(reason, path, "\(path): \(Self.typeAdvice(.integer(range)))")
        }
    }

    private mutating func refuseUnknown(_ key: JSONText, inCustomer: Bool) {
        var name = ""
        for scalar in cursor.string(key).unicodeScalars.prefix(64) {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            name.unicodeScalars.append(isPlain || "_.-".unicodeScalars.contains(scalar) ? scalar : "?")
        }
        if CardNumberGuard.findsCardNumber(in: cursor.utf8(key)) { name = "?" }
        let path = inCustomer ? "\(JobFields.customerKey).\(name)" : name
        draft.refuse(.unknownField, path, "\(path): is no field of a job; remove it or correct its name")
    }

    private static func typeAdvice(_ kind: JobField.Kind) -> String {
        switch kind {
        case .text: "write a JSON string"
        case .digits: "write digits as a JSON string or number"
        case .object: "write a JSON object"
        case .integer(let range):
            "write a whole number from \(range.lowerBound) to \(range.upperBound), as digits without quotes,"
                + " fraction or exponent"
        }
    }
}
