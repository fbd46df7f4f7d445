import Cryptography
import HTTPServer
import SessionCore

/// A successful answer, before it is written (API 1.3, cashier_api/virtual_terminal and agent_api/find_order).
struct SessionReply {
    enum Signing {
        case right
        case withOtherSecret
        case none
    }

    var orderID: String
    var echo: SessionEcho
    /// The session's auth_token.
    var token: String
    var customerToken: String
    /// Nil in the answer to a look-up, which never has it.
    var redirectURL: String?
    var status: String
    /// The customer_data of the request; a look-up has none.
    var customer: JSONTree?
    /// By the provider's clock.
    var timestamp: Timestamp
    var signing = Signing.right
    /// Bytes of needless text, to make the answer too large.
    var padding = 0

    func answer(secret: Secret) -> HTTPAnswer {
        var answer = HTTPAnswer(status: 200, headers: [Self.contentType], body: body)
        let values: [String?] = ["0", String(timestamp.seconds), redirectURL, customerToken]
        switch signing {
        case .right:
            answer.headers.append(Self.signature(values, secret))
        case .withOtherSecret:
            answer.headers.append(Self.signature(values, Secret(secret.reveal() + Array("-other".utf8))))
        case .none:
            break
        }
        return answer
    }

    /// The provider's answer to what it refuses. `signingSecret` gives it a timestamp and a signature, which the
    /// documented errors do not have.
    static func error(
        _ refusal: ProviderRefusal,
        httpStatus: Int,
        timestamp: Timestamp,
        signingSecret: Secret?
    ) -> HTTPAnswer {
        var json = JSONBuilder()
        json.beginObject()
        json.add("status", refusal.status)
        json.add("description", refusal.description)
        if signingSecret != nil {
            json.add("version", "1.3")
            json.add("timestamp", timestamp.seconds)
        }
        json.endObject()
        var answer = HTTPAnswer(status: httpStatus, headers: [contentType], body: json.bytes)
        if let signingSecret {
            answer.headers.append(signature([String(refusal.status), String(timestamp.seconds)], signingSecret))
        }
        return answer
    }

    static let contentType = HTTPHeader(name: "Content-Type", value: "application/json; charset=utf-8")

    private static func signature(_ values: [String?], _ secret: Secret) -> HTTPHeader {
        HTTPHeader(name: "Gt-Authentication", value: RequestSignature.digits(values, secret: secret))
    }

    private var body: [UInt8] {
        var json = JSONBuilder()
        json.beginObject()
        json.add("status", 0)
        json.add("description", padding == 0 ? "Ok" : String(repeating: "Ok ", count: padding / 3))
        writeCustomer(&json)
        writeSession(&json)
        if redirectURL == nil { writeTransaction(&json) }
        json.add("version", "1.3")
        json.add("timestamp", timestamp.seconds)
        if let redirectURL { json.add("redirect_url", redirectURL) }
        json.endObject()
        return json.bytes
    }

    private func writeCustomer(_ json: inout JSONBuilder) {
        json.beginObject("customer")
        json.add("customer_token", customerToken)
        json.add("country", customer?["country"]?.text)
        json.add("first_name", customer?["first_name"]?.text)
        json.add("last_name", customer?["last_name"]?.text)
        json.add("avs_alert", 0)
        json.add("verification_alert", 0)
        json.endObject()
    }

    private func writeSession(_ json: inout JSONBuilder) {
        json.beginObject("session")
        json.add("auth_token", token)
        json.add("intent", echo.intent)
        json.add("session_status", status)
        json.add("order_id", orderID)
        json.add("currency", echo.currency)
        json.add("amount", json: echo.amount ?? "null")
        json.add("conversion_rate", nil)
        json.add("processed_currency", nil)
        json.add("processed_amount", nil)
        json.add("payment_method", echo.paymentMethod)
        json.add("gateway", echo.gateway)
        json.add("cid", echo.cid)
        json.add("variable1", echo.variable1)
        json.add("variable2", echo.variable2)
        json.add("variable3", echo.variable3)
        json.endObject()
    }

    /// Null until someone paid, or tried to, with the session.
    private func writeTransaction(_ json: inout JSONBuilder) {
        let outcome: String? =
            switch status {
            case SessionStatus.successful.rawValue: "approved"
            case SessionStatus.failed.rawValue: "rejected"
            case SessionStatus.actionRequired.rawValue: "pending"
            default: nil
            }
        guard let outcome else { return json.add("transaction", nil) }
        json.beginObject("transaction")
        json.add("transaction_status", outcome)
        json.add("currency", echo.currency)
        json.add("amount", json: echo.amount ?? "null")
        json.endObject()
    }
}
