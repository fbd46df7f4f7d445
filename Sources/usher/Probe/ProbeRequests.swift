import CashierClient
import SessionCore
import Settings

/// The requests of one probe: their orders are its own, and nobody's data is in them.
struct ProbeRequests: Sendable {
    static let longOrderLength = 51

    let account: CashierAccount
    /// Begins every order_id: `probe-` and what no other probe has.
    let prefix: String
    var currency = "EUR"
    var intent = Intent.payment
    var locale = "en-GB"
    var callbackURL = "https://example.com/usher-probe"

    /// `tag` tells the orders of a probe apart.
    func orderID(_ tag: String) -> String { "\(prefix)-\(tag)" }

    func request(orderID: String, cid: String? = nil) -> SessionRequest {
        var request = SessionRequest(
            orderID: orderID,
            agentName: "Usher probe",
            intent: intent,
            currency: currency,
            cid: cid ?? "cid-\(prefix)",
            locale: locale,
            notificationURL: callbackURL,
            returnURL: callbackURL
        )
        request.amount = 100
        var customer = CustomerData()
        customer.country = "GB"
        customer.firstName = "Probe"
        customer.lastName = "Usher"
        customer.dateOfBirth = "01/01/1990"
        customer.email = "probe@example.com"
        // Ofcom keeps these numbers free for fiction.
        customer.phone = "441632960000"
        customer.zip = "SW1A1AA"
        customer.city = "London"
        customer.address = "1 Example Street"
        request.customerData = customer
        return request
    }

    func open(_ orderID: String, timestamp: Int64) -> ProbeCall {
        .open(request(orderID: orderID), account: account, timestamp: timestamp)
    }

    /// An order that the simulator takes for paid at once; only sent to this machine.
    func openPaid(_ orderID: String, timestamp: Int64) -> ProbeCall {
        var request = request(orderID: orderID)
        request.variable3 = "simulate:paid"
        return .open(request, account: account, timestamp: timestamp)
    }

    func lookUp(_ orderID: String, timestamp: Int64) -> ProbeCall {
        .lookUp(orderID, account: account, timestamp: timestamp)
    }

    /// An order_id of 51 characters (the page says string 50).
    func longOrder(timestamp: Int64) -> ProbeCall {
        let start = orderID("7-")
        let filling = String(repeating: "x", count: max(0, Self.longOrderLength - start.utf8.count))
        return open(start + filling, timestamp: timestamp)
    }

    /// An agent_name of 17 characters in 34 bytes (the page says string 32).
    func wideAgent(timestamp: Int64) -> ProbeCall {
        var request = request(orderID: orderID("7w"))
        request.agentName = String(repeating: "\u{E9}", count: 17)
        return .open(request, account: account, timestamp: timestamp)
    }

    /// Two orders whose cid and order_id join to the same text, which is all that the signature sees of them.
    func ambiguous(timestamp: Int64) -> (first: ProbeCall, second: ProbeCall) {
        let (left, middle, right) = ("c", orderID("10-"), orderID("10"))
        let first = request(orderID: right, cid: left + middle)
        let second = request(orderID: middle + right, cid: left)
        let signed = ProbeCall.open(first, account: account, timestamp: timestamp)
        var other = ProbeCall.open(second, account: account, timestamp: timestamp)
        other.signature = signed.signature
        return (signed, other)
    }
}
