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
        paymentMethod = document["payment_method"]?.text
        gateway = document["gateway"]?.text
        variable1 = document["variable1"]?.text
        variable2 = document["variable2"]?.text
        variable3 = document["variable3"]?.text
        customerToken = document["customer_token"]?.text
    }

    private var fields: [String?] {
        [intent, currency, amount, cid, paymentMethod, gateway, variable1, variable2, variable3, customerToken]
    }

    /// Each field as two bytes of length and its text; null has the length 65,535.
    var packed: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            let text = field.map { Array($0.utf8) }
            let length = UInt16(truncatingIfNeeded: text?.count ?? 0xFFFF)
            bytes += [UInt8(length >> 8), UInt8(length & 0xFF)]
            bytes += text ?? []
        }
        return bytes
    }

    /// Reads `packed` from the front of `bytes`.
    init(packed bytes: ArraySlice<UInt8>) {
        var rest = bytes
        func next() -> String? {
            let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard length != 0xFFFF else { return nil }
            defer { rest = rest.dropFirst(length) }
            return String(decoding: rest.prefix(length), as: UTF8.self)
        }
        intent = next()
        currency = next()
        amount = next()
        cid = next()
        paymentMethod = next()
        gateway = next()
        variable1 = next()
        variable2 = next()
        variable3 = next()
        customerToken = next()
    }
}
