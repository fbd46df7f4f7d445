/// Reads a canonical body from left to right, each field where `JobCodec.canonicalBody` writes it.
///
/// It takes only what is the writer's own spelling byte for byte: the names in their order, texts without anything that
/// is escaped, numbers and moments as they are written. What it has read to the end is therefore canonical. Whatever
/// else comes, escapes too, it leaves to the reader that takes all JSON and compares afterwards.
struct CanonicalText {
    private let text: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var isCommaDue = false
    /// Set by the first thing that does not stand where it should, or that this reader does not take.
    private var isOther = false

    private init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// The job of a canonical body; nil if another reader must look at it.
    static func job(_ text: UnsafeBufferPointer<UInt8>) -> Job? {
        guard text.count <= JSONLimits.job.size else { return nil }
        var reader = CanonicalText(text)
        reader.take("{")
        guard let job = reader.readJob() else { return nil }
        reader.take("}")
        return reader.isOther || reader.index != text.count ? nil : job
    }

    private mutating func readJob() -> Job? {
        guard let account = string("account"), let orderID = string("order_id") else { return nil }
        let campaign = string("campaign")
        let notBefore = moment("not_before")
        let notAfter = moment("not_after")
        guard let agentName = string("agent_name"), let intent = string("intent").flatMap(Intent.init(rawValue:)),
            let currency = string("currency")
        else { return nil }
        let amount = integer("amount")
        let balance = integer("balance")
        guard let cid = string("cid"), let locale = string("locale") else { return nil }
        let customerData = customerData()
        let customerToken = string("customer_token")
        let paymentMethod = string("payment_method")
        let gateway = string("gateway")
        let validationURL = string("validation_url")
        guard let notificationURL = string("notification_url"), let returnURL = string("return_url") else { return nil }
        var request = SessionRequest(
            orderID: orderID,
            agentName: agentName,
            intent: intent,
            currency: currency,
            cid: cid,
            locale: locale,
            notificationURL: notificationURL,
            returnURL: returnURL
        )
        request.amount = amount
        request.balance = balance
        request.customerData = customerData
        request.customerToken = customerToken
        request.paymentMethod = paymentMethod
        request.gateway = gateway
        request.validationURL = validationURL
        request.variable1 = string("variable1")
        request.variable2 = string("variable2")
        request.variable3 = string("variable3")
        var job = Job(order: Order(account: account, orderID: orderID), request: request)
        job.campaign = campaign
        job.notBefore = notBefore
        job.notAfter = notAfter
        return job
    }

    private mutating func customerData() -> CustomerData? {
        guard takeKey("customer_data") else { return nil }
        take("{")
        isCommaDue = false
        var data = CustomerData()
        data.country = string("country")
        data.firstName = string("first_name")
        data.lastName = string("last_name")
        data.dateOfBirth = string("dob")
        data.email = string("email")
        data.phone = string("phone")
        data.zip = string("zip")
        data.state = string("state")
        data.city = string("city")
        data.address = string("address")
        data.profile = integer("profile")
        take("}")
        isCommaDue = true
        return data
    }

    // MARK: Members

    private mutating func take(_ character: Unicode.Scalar) {
        guard index < text.count, text[index] == UInt8(ascii: character) else { return isOther = true }
        index += 1
    }

    /// Goes past the key and its colon if they are next; else nothing happens.
    private mutating func takeKey(_ name: StaticString) -> Bool {
        let start = index + (isCommaDue ? 1 : 0)
        let end = start + 1 + name.utf8CodeUnitCount
        guard end + 2 <= text.count, !isCommaDue || text[index] == UInt8(ascii: ","),
            text[start] == UInt8(ascii: "\""), text[end] == UInt8(ascii: "\""), text[end + 1] == UInt8(ascii: ":")
        else { return false }
        let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard ByteWords.areEqual(UnsafeBufferPointer(rebasing: text[(start + 1)..<end]), expected) else { return false }
        index = end + 2
        isCommaDue = true
        return true
    }

    private mutating func string(_ name: StaticString) -> String? {
        content(name).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func moment(_ name: StaticString) -> Timestamp? {
        guard let content = content(name) else { return nil }
        guard let moment = Timestamp(rfc3339: content), moment.isWritten(content, digits: 6) else {
            isOther = true
            return nil
        }
        return moment
    }

    /// The text of a member, in valid UTF-8 and without anything that is escaped; nil if the member is not next.
    private mutating func content(_ name: StaticString) -> UnsafeBufferPointer<UInt8>? {
        guard takeKey(name) else { return nil }
        take("\"")
        let start = index
        while true {
            index = ByteWords.firstSpecial(in: text, from: index, stopsAtNonASCII: true)
            guard index < text.count, text[index] >= 0x80 else { break }
            guard let length = UTF8Sequence.length(at: index, in: text) else { break }
            index += length
        }
        let content = UnsafeBufferPointer(rebasing: text[start..<index])
        take("\"")
        return content
    }

    /// Digits without a leading zero, at most 15: what `JSONCursor.integer` takes.
    private mutating func integer(_ name: StaticString) -> Int64? {
        guard takeKey(name) else { return nil }
        let start = index
        var value: Int64 = 0
        while index < text.count, index - start < 16, text[index] &- 0x30 < 10 {
            value = value * 10 + Int64(text[index] - 0x30)
            index += 1
        }
        let digits = index - start
        if digits == 0 || digits > 15 || (digits > 1 && text[start] == 0x30) { isOther = true }
        return value
    }
}
