import CashierSignature
import Cryptography
import HTTPServer
import SessionCore

/// What the provider is told: `{status, description, version, timestamp}` (API 1.3, webhooks/notification and
/// webhooks/validation).
struct CallbackAnswer: Equatable, Sendable {
    /// 0 accepts. −1 makes the provider repeat a notification. Anything but 0 blocks a payment that was to be
    /// validated, and its customer reads the description.
    var status: Int64
    var description: String

    static let accepted = CallbackAnswer(status: 0, description: "Ok")

    /// Signed in each of `headers`, with HTTP status 200: what counts is the status in the body.
    func signed(with secret: Secret, headers: [String], version: String, at moment: Timestamp) -> HTTPAnswer {
        let fields: [String: SignedValue] = ["status": .integer(status), "timestamp": .integer(moment.seconds)]
        let signature = Signature.sign(.acknowledgement, secret: secret) { fields[$0] ?? .null }
        var answer = unsigned(httpStatus: 200, version: version, at: moment)
        for name in headers { answer.headers.append(HTTPHeader(name: name, value: signature)) }
        return answer
    }

    /// For whoever did not prove to be the provider: nothing is signed for strangers.
    func unsigned(httpStatus: Int, version: String = "1.3", at moment: Timestamp) -> HTTPAnswer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", status)
        writer.member("description", description)
        writer.member("version", version)
        writer.member("timestamp", moment.seconds)
        writer.endObject()
        return HTTPAnswer(
            status: httpStatus,
            headers: [HTTPHeader(name: "Content-Type", value: "application/json; charset=utf-8")],
            body: writer.bytes
        )
    }
}
