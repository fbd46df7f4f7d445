/// A job's fields as they were read, each fit for itself, before they are looked at together.
struct JobDraft {
    /// By `JobFieldID`.
    private var texts = [String?](repeating: nil, count: JobFieldID.allCases.count)
    private var integers = [Int64?](repeating: nil, count: JobFieldID.allCases.count)
    var hasCustomerData = false
    /// What was wrong first, in the order of the record; a card number goes before everything else.
    private(set) var refusal: JobRefusal?

    subscript(text id: JobFieldID) -> String? {
        get { texts[id.rawValue] }
        set { texts[id.rawValue] = newValue }
    }

    subscript(integer id: JobFieldID) -> Int64? {
        get { integers[id.rawValue] }
        set { integers[id.rawValue] = newValue }
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
        guard let text = self[text: id], text.utf8.count <= JobFields.maxLength(of: id) else { return nil }
        return text
    }
}

// MARK: The job made of it

extension JobDraft {
    /// Everything of the job that may be absent.
    func addOptionalFields(to job: inout Job) {
        job.campaign = self[text: .campaign]
        job.notBefore = self[text: .notBefore].flatMap(Timestamp.init(rfc3339:))
        job.notAfter = self[text: .notAfter].flatMap(Timestamp.init(rfc3339:))
        job.request.amount = self[integer: .amount]
        job.request.balance = self[integer: .balance]
        job.request.customerData = customerData
        job.request.customerToken = self[text: .customerToken]
        job.request.paymentMethod = self[text: .paymentMethod]
        job.request.gateway = self[text: .gateway]
        job.request.validationURL = self[text: .validationURL]
        job.request.variable1 = self[text: .variable1]
        job.request.variable2 = self[text: .variable2]
        job.request.variable3 = self[text: .variable3]
    }

    private var customerData: CustomerData? {
        guard hasCustomerData else { return nil }
        var data = CustomerData()
        data.country = self[text: .country]
        data.firstName = self[text: .firstName]
        data.lastName = self[text: .lastName]
        data.dateOfBirth = self[text: .dateOfBirth]
        data.email = self[text: .email]
        data.phone = self[text: .phone]
        data.zip = self[text: .zip]
        data.state = self[text: .state]
        data.city = self[text: .city]
        data.address = self[text: .address]
        data.profile = self[integer: .profile]
        return data
    }

    /// Whether two drafts differ in a field, byte for byte: `==` of strings takes NFC and NFD for equal.
    func differs(from other: JobDraft, in id: JobFieldID) -> Bool {
        if id == .customerData { return hasCustomerData != other.hasCustomerData }
        if self[integer: id] != other[integer: id] { return true }
        switch (self[text: id], other[text: id]) {
        case (nil, nil): return false
        case (let left?, let right?): return !left.utf8.elementsEqual(right.utf8)
        case (_?, nil), (nil, _?): return true
        }
    }
}
