/// What a session repeats of its request, and later a look-up (API 1.3, objects/session).
struct SessionEcho: Equatable, Sendable {
    var intent: String?
    var currency: String?
    /// In minor units, as written.
    var amount: String?
    var cid: String?
    var paymentMethod: String?
    var gateway: String?
    var variable1: String?
    var variable2: String?
    var variable3: String?
    /// The token that the request named its customer by.
    var customerToken: String?

    init() {}

    /// Takes the fields from a request that was checked.
    init(_ document: JSONTree) {
        intent = document["intent"]?.text
        currency = document["currency"]?.text
        amount = document["amount"]?.signed
        cid = document["cid"]?.text
        gateway = document["gateway"]?.text
        paymentMethod = Self.paymentMethod(document["payment_method"]?.text, gateway: gateway)
        variable1 = document["variable1"]?.text
        variable2 = document["variable2"]?.text
        variable3 = document["variable3"]?.text
        customerToken = document["customer_token"]?.text
    }

    /// A gateway wins over a payment method, and one of them stands for a method (API 1.3,
    /// cashier_api/virtual_terminal; the white label's page has the name).
    private static func paymentMethod(_ method: String?, gateway: String?) -> String? {
        guard let gateway, !gateway.isEmpty else { return method }
        return gateway == "credit_card_cascade_gateway_0000" ? "Credit Card" : nil
    }

    /// In the order in which they are kept.
    var fields: [String?] {
        [intent, currency, amount, cid, paymentMethod, gateway, variable1, variable2, variable3, customerToken]
    }

    /// Every field, one after the other.
    var packed: [UInt8] {
        packedTexts(fields)
    }

    /// Reads `packed` from the front of `bytes`.
    init(packed bytes: ArraySlice<UInt8>) {
        self.init(unpackedTexts(10, bytes))
    }

    /// Takes the ten fields in their order.
    init(_ fields: [String?]) {
        intent = fields[0]
        currency = fields[1]
        amount = fields[2]
        cid = fields[3]
        paymentMethod = fields[4]
        gateway = fields[5]
        variable1 = fields[6]
        variable2 = fields[7]
        variable3 = fields[8]
        customerToken = fields[9]
    }
}

/// Where a session's callbacks go.
struct CallbackURLs: Equatable, Sendable {
    var notification: String?
    var validation: String?

    init() {}

    /// Takes them from a request that was checked.
    init(_ document: JSONTree) {
        notification = document["notification_url"]?.text
        validation = document["validation_url"]?.text
    }

    var packed: [UInt8] {
        packedTexts([notification, validation])
    }

    init(packed bytes: ArraySlice<UInt8>) {
        let fields = unpackedTexts(2, bytes)
        notification = fields[0]
        validation = fields[1]
    }
}

/// Each text as two bytes of length and its bytes; nil has the length 65,535.
private func packedTexts(_ texts: [String?]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(128)
    for text in texts {
        let length = UInt16(truncatingIfNeeded: text?.utf8.count ?? 0xFFFF)
        bytes.append(UInt8(length >> 8))
        bytes.append(UInt8(length & 0xFF))
        if let text { bytes += text.utf8 }
    }
    return bytes
}

/// Reads `count` texts from the front of `bytes`.
private func unpackedTexts(_ count: Int, _ bytes: ArraySlice<UInt8>) -> [String?] {
    var rest = bytes
    return (0..<count).map { _ in
        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        rest = rest.dropFirst(2)
        guard length != 0xFFFF else { return nil }
        defer { rest = rest.dropFirst(length) }
        return String(decoding: rest.prefix(length), as: UTF8.self)
    }
}
