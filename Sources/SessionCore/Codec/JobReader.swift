/// Reads a record into a draft. A field at fault does not end the reading: the text is checked to its end, and the
/// order of a refused record becomes known.
struct JobReader {
    private var scanner: JSONScanner
    private let customerKey: String
    private let isCustomerKeyOther: Bool
    private(set) var draft = JobDraft()

    init(_ value: [UInt8], customerKey: String) throws(JSONFault) {
        scanner = try JSONScanner(value, limits: .job)
        self.customerKey = customerKey
        isCustomerKeyOther = customerKey != JobFields[.customerData].name
    }

    mutating func read() throws(JSONFault) {
        let value = try scanner.value()
        if value == .object {
            try readMembers(inCustomer: false)
        } else {
            draft.refuse(.type, nil, "write the job as one JSON object")
            try scanner.skip(value)
        }
        try scanner.finish()
    }

    private mutating func readMembers(inCustomer: Bool) throws(JSONFault) {
        while let key = try scanner.nextKey() {
            if let id = find(scanner.utf8(key), inCustomer: inCustomer) {
                try readField(id)
            } else {
                refuseUnknown(key, inCustomer: inCustomer)
                try scanner.skipValue()
            }
        }
    }

    private func find(_ name: ArraySlice<UInt8>, inCustomer: Bool) -> JobFieldID? {
        let id = JobFields.find(name, inCustomer: inCustomer)
        guard !inCustomer, isCustomerKeyOther else { return id }
        if name.elementsEqual(customerKey.utf8) { return .customerData }
        return id == .customerData ? nil : id
    }

    private mutating func readField(_ id: JobFieldID) throws(JSONFault) {
        let value = try scanner.value()
        let kind = JobFields.kind(of: id)
        switch (kind, value) {
        case (_, .null):
            if JobFields[id].presence == .always {
                draft.refuse(.type, path(of: id), "\(path(of: id)): must not be null")
            }
        case (.text(let shape), .string(let text)):
            take(scanner.utf8(text), shape, as: id)
        case (.digits, .string(let text)):
            take(scanner.utf8(text), .phone, as: id)
        case (.digits, .number(let number)):
            take(scanner.raw(number), .phone, as: id)
        case (.integer(let range), .number(let number)):
            take(scanner.integer(number), within: range, as: id)
        case (.object, .object):
            draft.hasCustomerData = true
            try readMembers(inCustomer: true)
        case (.text, _), (.digits, _), (.integer, _), (.object, _):
            draft.refuse(.type, path(of: id), "\(path(of: id)): \(Self.typeAdvice(kind))")
            try scanner.skip(value)
        }
    }

    private mutating func take(_ text: ArraySlice<UInt8>, _ shape: TextShape, as id: JobFieldID) {
        if Self.mayHoldCardNumber(text, shape), CardNumberGuard.findsCardNumber(in: text) {
            let path = path(of: id)
            draft.refuse(.pan, path, "\(path): looks like a card number; never send card numbers to this topic")
        } else if !shape.accepts(text) {
            let path = path(of: id)
            draft.refuse(shape.reason, path, "\(path): \(shape.advice)")
        } else if shape == .customerID, looksLikeEmail(text) {
            draft.refuse(.pii, "cid", "cid: looks like an e-mail address; write an id that says nothing of the person")
        } else {
            draft[text: id] = String(decoding: text, as: UTF8.self)
        }
    }

    /// What systems make is searched only where it is digits and nothing else, of a length that no phone number has.
    private static func mayHoldCardNumber(_ text: ArraySlice<UInt8>, _ shape: TextShape) -> Bool {
        shape.isFreeText || (shape == .phone && text.count > 15)
            || (shape == .token && text.allSatisfy { 0x30...0x39 ~= $0 || $0 == 0x2D })
    }

    private mutating func take(_ value: Int64?, within range: ClosedRange<Int64>, as id: JobFieldID) {
        if let value, range.contains(value) {
            draft[integer: id] = value
        } else {
            let path = path(of: id)
            let reason: RefusalReason = id == .profile ? .range : .amount
            draft.refuse(reason, path, "\(path): \(Self.typeAdvice(.integer(range)))")
        }
    }

    private mutating func refuseUnknown(_ key: JSONText, inCustomer: Bool) {
        var name = ""
        for scalar in scanner.string(key).unicodeScalars.prefix(64) {
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            name.unicodeScalars.append(isPlain || "_.-".unicodeScalars.contains(scalar) ? scalar : "?")
        }
        if CardNumberGuard.findsCardNumber(in: scanner.utf8(key)) { name = "?" }
        let path = inCustomer ? "\(customerKey).\(name)" : name
        draft.refuse(.unknownField, path, "\(path): is no field of a job; remove it or correct its name")
    }

    /// As the producer calls it.
    private func path(of id: JobFieldID) -> String {
        JobFields.path(of: JobFields[id], customerKey: customerKey)
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
