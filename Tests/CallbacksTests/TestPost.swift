import Cryptography
import Glibc
import HTTPServer

/// A post of the provider, signed here by the formula of its documentation and not by the product's code.
struct TestPost: Sendable {
    static let secret = "MerchantSecretKey"

    var kind = "notification"
    var order = "o-1"
    var timestamp: Int64 = Int64(time(nil))
    var merchant = "Test-Integration-Merchant"
    var token: String? = "87cfb23a8f1e68e162c276b754d9c061"
    var cid = "c-1"
    var sessionStatus = "open"
    /// Members of `transaction` or `transaction_attempt` as JSON text; nil writes null.
    var payment: [(String, String)]?
    /// What of the payment is signed; nil signs the values as they are written.
    var rate: String?
    var signature: String?
    /// That carries the signature.
    var header = "Gt-Authentication"

    static func transaction(_ order: String, tid: Int, status: String, amount: Int = 100) -> TestPost {
        var post = TestPost(order: order)
        post.payment = [
            ("tid", "\(tid)"), ("transaction_status", "\"\(status)\""), ("transaction_type", "\"sale\""),
            ("currency", "\"EUR\""), ("amount", "\(amount)"), ("conversion_rate", "\"1.000000\""),
            ("processed_currency", "\"EUR\""), ("processed_amount", "\(amount)"),
            ("card", "{\"card_number\":\"4111********1111\"}"),
        ]
        return post
    }

    static func expired(_ order: String) -> TestPost {
        TestPost(order: order, sessionStatus: "expired")
    }

    static func validation(_ order: String, currency: String = "EUR", amount: Int = 100) -> TestPost {
        var post = TestPost(kind: "validation", order: order)
        post.payment = [
            ("currency", "\"\(currency)\""), ("amount", "\(amount)"), ("conversion_rate", "1.000000"),
            ("attempted_currency", "\"\(currency)\""), ("attempted_amount", "\(amount)"),
        ]
        return post
    }

    func with(_ name: String, _ json: String) -> TestPost {
        var changed = self
        changed.payment = payment?.map { $0.0 == name ? (name, json) : $0 }
        return changed
    }

    private var paymentKey: String { kind == "validation" ? "transaction_attempt" : "transaction" }

    private func signed(_ name: String) -> String {
        let json = payment?.first { $0.0 == name }?.1 ?? "null"
        if name == "conversion_rate", let rate { return rate }
        if json == "null" { return "" }
        return json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
    }

    var rightSignature: String {
        let names =
            kind == "validation"
            ? ["currency", "amount", "conversion_rate", "attempted_currency", "attempted_amount"]
            : ["tid", "currency", "amount", "conversion_rate", "processed_currency", "processed_amount"]
        let text =
            merchant + "Sandbox" + "\(timestamp)" + (token ?? "") + order + names.map(signed).joined() + Self.secret
        return Hashes.sha384(Array(text.utf8)).hex
    }

    var body: String {
        let payment = payment.map { members in
            "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
        }
        return """
            {"merchant_id":"\(merchant)","application_key":"Sandbox","conversion_rate":null,\
            "customer":{"customer_token":\(token.map { "\"\($0)\"" } ?? "null"),"country":"GB"},\
            "session":{"auth_token":"t-\(order)","order_id":"\(order)","session_status":"\(sessionStatus)",\
            "cid":"\(cid)","variable1":"v"},"\(paymentKey)":\(payment ?? "null"),"version":"1.3",\
            "timestamp":\(timestamp)}
            """
    }

    var http: String {
        "POST /hooks/\(kind) HTTP/1.1\r\nHost: crm.example.test\r\nContent-Type: application/json; charset=utf-8\r\n"
            + "\(header): \(signature ?? rightSignature)\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    var request: HTTPRequest {
        HTTPRequest(
            method: "POST",
            target: "/hooks/\(kind)",
            headers: [HTTPHeader(name: "gt-authentication", value: signature ?? rightSignature)],
            body: Array(body.utf8)
        )
    }
}

/// An answer as the provider sees it.
struct TestAnswer: Equatable, Sendable {
    var http: Int
    var headers: [String: String]
    var body: String

    /// `status` of the body.
    var status: Int? {
        guard let start = body.firstRange(of: "\"status\":") else { return nil }
        return Int(body[start.upperBound...].prefix { $0 == "-" || $0.isNumber })
    }

    private var timestamp: String {
        guard let start = body.firstRange(of: "\"timestamp\":") else { return "" }
        return String(body[start.upperBound...].prefix { $0.isNumber })
    }

    /// Whether both headers carry the signature of status and timestamp.
    var isSigned: Bool {
        let text = "\(status ?? 999)\(timestamp)\(TestPost.secret)"
        let right = Hashes.sha384(Array(text.utf8)).hex
        return headers["gt-authentication"] == right && headers["external-request-signature"] == right
    }
}

/// One kept-alive connection, blocking.
final class Poster {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard isConnected == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Nil when the connection ended, or twenty seconds passed.
    func receive() -> TestAnswer? {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let answer = take() { return answer }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    private func take() -> TestAnswer? {
        let text = String(decoding: buffer, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        let length = Int(headers["content-length"] ?? "") ?? 0
        let head = text[..<end.upperBound].utf8.count
        guard buffer.count >= head + length else { return nil }
        let body = String(decoding: buffer[head..<head + length], as: UTF8.self)
        buffer.removeFirst(head + length)
        return TestAnswer(http: Int(lines[0].split(separator: " ")[1]) ?? 0, headers: headers, body: body)
    }

    func post(_ post: TestPost) -> TestAnswer? {
        send(post.http)
        return receive()
    }
}
