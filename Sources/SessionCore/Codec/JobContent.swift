/// What a job says, field by field, wherever it stands: in a record that was checked, in a canonical body, in a `Job`.
protocol JobContent {
    var hasCustomerData: Bool { get }
    /// The text of a field that is neither a moment nor a number; nil if there is none.
    func withText<Result>(_ id: JobFieldID, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result?
    func integer(_ id: JobFieldID) -> Int64?
    func moment(_ id: JobFieldID) -> Timestamp?
}

extension JobContent {
    func text(_ id: JobFieldID) -> String? {
        withText(id) { String(decoding: $0, as: UTF8.self) }
    }
}

// MARK: As a job

extension Job {
    /// Throws `CanonicalBodyFault.field` where something is missing that every job has.
    init(_ content: some JobContent) throws(CanonicalBodyFault) {
        func text(_ id: JobFieldID) throws(CanonicalBodyFault) -> String {
            guard let text = content.text(id) else { throw .field(JobFields[id].name) }
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
        self.init(order: Order(account: try text(.account), orderID: request.orderID), request: request)
        campaign = content.text(.campaign)
        notBefore = content.moment(.notBefore)
        notAfter = content.moment(.notAfter)
        addOptionalFields(of: content)
    }

    private mutating func addOptionalFields(of content: some JobContent) {
        request.amount = content.integer(.amount)
        request.balance = content.integer(.balance)
        request.customerData = content.hasCustomerData ? CustomerData(content) : nil
        request.customerToken = content.text(.customerToken)
        request.paymentMethod = content.text(.paymentMethod)
        request.gateway = content.text(.gateway)
        request.validationURL = content.text(.validationURL)
        request.variable1 = content.text(.variable1)
        request.variable2 = content.text(.variable2)
        request.variable3 = content.text(.variable3)
    }
}

extension CustomerData {
    fileprivate init(_ content: some JobContent) {
        country = content.text(.country)
        firstName = content.text(.firstName)
        lastName = content.text(.lastName)
        dateOfBirth = content.text(.dateOfBirth)
        email = content.text(.email)
        phone = content.text(.phone)
        zip = content.text(.zip)
        state = content.text(.state)
        city = content.text(.city)
        address = content.text(.address)
        profile = content.integer(.profile)
    }
}

extension Job: JobContent {
    var hasCustomerData: Bool { request.customerData != nil }

    func withText<Result>(_ id: JobFieldID, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        guard var text = ownText(id) ?? request.text(id) ?? request.customerData?.text(id) else { return nil }
        return text.withUTF8(body)
    }

    private func ownText(_ id: JobFieldID) -> String? {
        switch id {
        case .account: order.account
        case .orderID: order.orderID
        case .campaign: campaign
        case _: nil
        }
    }

    func integer(_ id: JobFieldID) -> Int64? {
        switch id {
        case .amount: request.amount
        case .balance: request.balance
        case .profile: request.customerData?.profile
        case _: nil
        }
    }

    func moment(_ id: JobFieldID) -> Timestamp? {
        switch id {
        case .notBefore: notBefore
        case .notAfter: notAfter
        case _: nil
        }
    }
}

extension SessionRequest {
    fileprivate func text(_ id: JobFieldID) -> String? {
        switch id {
        case .agentName: agentName
        case .intent: intent.rawValue
        case .currency: currency
        case .cid: cid
        case .locale: locale
        case .customerToken: customerToken
        case .paymentMethod: paymentMethod
        case .gateway: gateway
        case .validationURL: validationURL
        case .notificationURL: notificationURL
        case .returnURL: returnURL
        case .variable1: variable1
        case .variable2: variable2
        case .variable3: variable3
        case _: nil
        }
    }
}

extension CustomerData {
    fileprivate func text(_ id: JobFieldID) -> String? {
        switch id {
        case .country: country
        case .firstName: firstName
        case .lastName: lastName
        case .dateOfBirth: dateOfBirth
        case .email: email
        case .phone: phone
        case .zip: zip
        case .state: state
        case .city: city
        case .address: address
        case _: nil
        }
    }
}
