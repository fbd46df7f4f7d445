import CashierClient
import CashierSignature
import Cryptography
import SessionCore

/// An account, a job and a reply that fit together; tests change one thing.
enum Sample {
    static let markedAt = Timestamp(seconds: 1_790_000_000)
    /// What the request is signed with: one second before the mark.
    static let signedAt: Int64 = 1_789_999_999
    static let secret = "MerchantSecretKey"

    static func account(endpoint: String = "https://cashier.example.test/cashier/virtual-terminal") -> CashierAccount {
        CashierAccount(
            name: "demo",
            endpoint: endpoint,
            merchantID: "Test-Integration-Merchant",
            applicationKey: "Sandbox",
            secrets: [Secret(secret)]
        )
    }

    static func request(orderID: String = "o-1") -> SessionRequest {
        var request = SessionRequest(
            orderID: orderID,
            agentName: "Sales - Zo\u{EB}",
            intent: .payment,
            currency: "EUR",
            cid: "c-17",
            locale: "en-GB",
            notificationURL: "https://crm.example.test/notify",
            returnURL: "https://crm.example.test/back?o={{transaction.tid}}"
        )
        request.amount = 1250
        return request
    }

    /// A claimed job; one without a request cannot be read.
    static func job(
        orderID: String = "o-1",
        account: String = "demo",
        lane: Lane = .interactive,
        isReadable: Bool = true
    ) -> ClaimedJob {
        ClaimedJob(
            lease: LeaseRef(jobID: 1, epoch: 1),
            purpose: .open,
            order: Order(account: account, orderID: orderID),
            generation: 1,
            lane: lane,
            campaign: nil,
            attempts: 1,
            lookUps: 0,
            acceptedAt: markedAt,
            notAfter: markedAt.advanced(by: .seconds(3_600)),
            firstSend: markedAt,
            lastSend: markedAt,
            request: isReadable ? SharedRequest(request(orderID: orderID)) : nil,
            traceparent: nil
        )
    }

    static func call(
        orderID: String = "o-1",
        lane: Lane = .interactive,
        markedAt: Timestamp = markedAt
    ) -> CashierCall {
        CashierCall(
            kind: .open,
            job: job(orderID: orderID, lane: lane),
            markedAt: markedAt
        )
    }

    static func lookUp(orderID: String = "o-1") -> CashierCall {
        CashierCall(kind: .lookUp, job: job(orderID: orderID), markedAt: markedAt)
    }
}

/// A reply of the provider's in parts.
struct SampleReply {
    enum Part: Sendable {
        case text(String)
        case number(Int64)
        case raw(String)
        case object([(String, Part)])
    }

    var httpStatus = 200
    var members: [(String, Part)]
    var headers: [(name: String, value: String)] = [("Content-Type", "application/json")]
    /// Signed over what the members say; nil leaves the header out.
    var secret: String? = Sample.secret

    /// A session for `Sample.request()`.
    static func opened(orderID: String = "o-1", at timestamp: Int64 = Sample.signedAt) -> SampleReply {
        SampleReply(members: [
            ("status", .number(0)),
            ("description", .text("Ok")),
            (
                "customer",
                .object([
                    ("customer_token", .text("87cfb23a8f1e68e162c276b754d9c061")),
                    ("country", .text("GB")),
                    ("avs_alert", .number(0)),
                    ("verification_alert", .number(-1)),
                ])
            ),
            (
                "session",
                .object([
                    ("auth_token", .text("8a7sd87a8sd778ac961062c6bedddb8")),
                    ("intent", .text("payment")),
                    ("session_status", .text("created")),
                    ("order_id", .text(orderID)),
                    ("currency", .text("EUR")),
                    ("amount", .number(1250)),
                    ("conversion_rate", .raw("1.000000")),
                    ("payment_method", .text("Credit Card")),
                    ("gateway", .raw("null")),
                    ("cid", .text("c-17")),
                ])
            ),
            ("version", .text("1.3")),
            ("timestamp", .number(timestamp)),
            ("redirect_url", .text("https://pay.example.test/login/8a7s?x=1&y=2")),
        ])
    }

    /// A basic error: status and text only, unsigned.
    static func refused(_ status: Int64, _ text: String) -> SampleReply {
        SampleReply(members: [("status", .number(status)), ("description", .text(text))], secret: nil)
    }

    /// An order that a look-up found.
    static func found(_ sessionStatus: String, transaction: String? = nil) -> SampleReply {
        var reply = SampleReply.opened()
        reply["redirect_url"] = nil
        reply["session.session_status"] = .text(sessionStatus)
        reply["transaction"] = transaction.map { .object([("transaction_status", .text($0))]) } ?? .raw("null")
        reply.secret = nil
        return reply
    }

    /// By `name` or `object.name`; setting nil takes the member out.
    subscript(path: String) -> Part? {
        get { Self.get(path.split(separator: ".").map(String.init)[...], in: members) }
        set { Self.set(path.split(separator: ".").map(String.init)[...], to: newValue, in: &members) }
    }

    private static func get(_ path: ArraySlice<String>, in members: [(String, Part)]) -> Part? {
        guard let part = members.first(where: { $0.0 == path.first })?.1 else { return nil }
        guard path.count > 1 else { return part }
        guard case .object(let inner) = part else { return nil }
        return get(path.dropFirst(), in: inner)
    }

    private static func set(_ path: ArraySlice<String>, to part: Part?, in members: inout [(String, Part)]) {
        guard let name = path.first else { return }
        let index = members.firstIndex { $0.0 == name }
        if path.count > 1 {
            guard let index, case .object(var inner) = members[index].1 else { return }
            set(path.dropFirst(), to: part, in: &inner)
            members[index].1 = .object(inner)
        } else if let index {
            if let part { members[index].1 = part } else { members.remove(at: index) }
        } else if let part {
            members.append((name, part))
        }
    }

    var body: [UInt8] {
        Array(Self.text(members).utf8)
    }

    private static func text(_ members: [(String, Part)]) -> String {
        let rendered = members.map { name, part in
            let value: String =
                switch part {
                case .text(let text): quoted(text)
                case .number(let number): "\(number)"
                case .raw(let raw): raw
                case .object(let inner): text(inner)
                }
            return "\(quoted(name)):\(value)"
        }
        return "{" + rendered.joined(separator: ",") + "}"
    }

    /// PHP writes slashes escaped.
    private static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
            .joined(separator: "\\/")
    }

    /// What the provider would sign this with.
    func signature(secret: String) -> String {
        Signature.sign(.response, secret: Secret(secret)) { name in
            switch self[name] {
            case .text(let text): .text(text)
            case .number(let number): .integer(number)
            case .raw(let raw): raw == "null" ? .null : .text(raw)
            case .object, nil: .null
            }
        }
    }

    /// With the signature's.
    var allHeaders: [(name: String, value: String)] {
        headers + (secret.map { [(name: "gt-authentication", value: signature(secret: $0))] } ?? [])
    }

    var reply: HTTPReply {
        HTTPReply(status: httpStatus, headers: allHeaders, body: body)
    }
}
