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

    enum Kind {
        case opened
        case found(ProviderTransaction?)
    }

    var kind: Kind
    var objects: SessionObjects
    /// Signed; nil in the answer to a look-up.
    var redirectURL: String?
    /// Shown and not signed: what a look-up may give.
    var shownURL: String?
    /// By the provider's clock.
    var timestamp: Timestamp
    var signing = Signing.right
    /// Bytes of needless text, to make the answer too large.
    var padding = 0

    private var personality: Personality { objects.personality }

    func answer(secret: Secret) -> HTTPAnswer {
        var answer = HTTPAnswer(status: 200, headers: [Self.contentType], body: body)
        let time = SessionObjects.text(timestamp, personality)
        let values: [String?] = ["0", time, redirectURL, objects.customerToken]
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
        signingSecret: Secret?,
        _ personality: Personality
    ) -> HTTPAnswer {
        var json = SessionObjects.builder(personality)
        json.beginObject()
        SessionObjects.add(status: refusal.status, &json, personality)
        json.add("description", refusal.description(personality.wording))
        if signingSecret != nil {
            json.add("version", "1.3")
            SessionObjects.add(timestamp, &json, personality)
        }
        json.endObject()
        var answer = HTTPAnswer(status: httpStatus, headers: [contentType], body: json.bytes)
        if let signingSecret {
            let values = [String(refusal.status), SessionObjects.text(timestamp, personality)]
            answer.headers.append(signature(values, signingSecret))
        }
        return answer
    }

    static let contentType = HTTPHeader(name: "Content-Type", value: "application/json; charset=utf-8")

    private static func signature(_ values: [String?], _ secret: Secret) -> HTTPHeader {
        HTTPHeader(name: "Gt-Authentication", value: RequestSignature.digits(values, secret: secret))
    }

    private var body: [UInt8] {
        var json = SessionObjects.builder(personality)
        json.beginObject()
        SessionObjects.add(status: 0, &json, personality)
        json.add("description", padding == 0 ? "Ok" : String(repeating: "Ok ", count: padding / 3))
        objects.writeCustomer(&json)
        objects.writeSession(&json)
        if case .found(let transaction) = kind { objects.write(transaction, &json) }
        json.add("version", "1.3")
        SessionObjects.add(timestamp, &json, personality)
        if let url = redirectURL ?? shownURL { json.add("redirect_url", url) }
        json.endObject()
        return json.bytes
    }
}
