import CashierSignature
import Cryptography
package import SessionCore

/// What came back to a request of a probe, without anything that is secret: no URL, no token, no name.
package struct ProbeReply: Equatable, Sendable {
    package enum Signing: String, Equatable, Sendable {
        /// The reply has no signature.
        case absent
        /// Right over the documented fields.
        case right
        /// Right over the documented fields without `redirect_url`: nothing vouches for the URL.
        case withoutURL = "without_url"
        /// Right over none of the lists that were tried.
        case wrong
    }

    /// What a worker makes of it; its message is redacted. The session of `.opened` is left out: see `isOpened`.
    package var code: String
    package var message: String
    /// The class of a refusal; nil where it was none.
    package var refusal: ErrorClass?
    /// Whether a worker would report the session.
    package var isOpened = false
    /// What a look-up told, by a worker's reading.
    package var sight: SessionSight?
    package var isNotFound = false
    package var isLookUpRefused = false
    /// Whether it answers a look-up.
    package var isLookUp: Bool
    /// Nil when no reply came.
    package var httpStatus: Int?
    /// `status` of the body.
    package var status: Int64?
    package var signing = Signing.absent
    /// `session.order_id`, when it is one of at most 64 bytes of printable ASCII.
    package var orderID: String?
    /// Tells sessions apart and nothing else: the same for the same URL and `auth_token`; nil without both.
    package var session: String?
    package var hasURL = false
    /// Lower case, with the port if the URL has one.
    package var redirectHost: String?
    /// `session.session_status`, at most 64 bytes.
    package var sessionStatus: String?
    package var transactionStatus: String?
    package var hasTimestamp = false
    /// Paths of the values that are there and not null, in order.
    package var fields: [String] = []
    package var retryAfter: Duration?
    /// The provider's clock minus ours: by the reply's timestamp, otherwise by its `Date`; both are cut to seconds.
    package var clockDifference: Duration?
    package var elapsed: Duration

    /// A request that ended without a reply.
    init(code: String, message: String, isLookUp: Bool, elapsed: Duration) {
        self.code = code
        self.message = message
        self.isLookUp = isLookUp
        self.elapsed = elapsed
    }
}

extension ProbeReply {
    /// - Parameter sentAt: when the request was given to the client, by this machine's clock.
    init(_ reply: HTTPReply, to call: ProbeCall, account: CashierAccount, sentAt: Timestamp, elapsed: Duration) {
        let fields = ProbedFields(reply.body)
        let seconds = fields?.integer("timestamp").flatMap { Self.timesOfClocks.contains($0) ? $0 : nil }
        let reader = ReplyReader(
            account: account,
            expectation: call.expectation,
            // A clock that is off is one of the things asked about, so it must not hide the others.
            now: Timestamp(seconds: seconds ?? sentAt.advanced(by: elapsed).seconds)
        )
        let answer = reader.classify(reply)
        self.init(code: answer.code, message: answer.message, isLookUp: !call.isOpening, elapsed: elapsed)
        take(answer.outcome)
        httpStatus = reply.status
        retryAfter = answer.retryAfter
        let middle = sentAt.advanced(by: elapsed / 2)
        let moment = seconds.map { Timestamp(seconds: $0) } ?? reply.header("Date").flatMap(HTTPDate.parse)
        // Cut to whole seconds, so the moment is on average half a second later.
        clockDifference = moment.map { middle.duration(to: $0.advanced(by: .milliseconds(500))) }
        guard let fields else { return }
        status = fields.integer("status")
        hasTimestamp = seconds != nil
        self.fields = fields.paths
        sessionStatus = fields.word("session.session_status")
        transactionStatus = fields.word("transaction.transaction_status")
        orderID = fields.word("session.order_id")
        signing = Self.signing(reply, fields, account)
        let url = fields.bytes("redirect_url") ?? []
        hasURL = !url.isEmpty
        redirectHost = WebAddress(bytes: url).map { $0.host + ($0.port.map { ":\($0)" } ?? "") }
        let token = fields.bytes("session.auth_token") ?? []
        if !url.isEmpty || !token.isEmpty { session = String(Hashes.sha384(url + [0] + token).hex.prefix(16)) }
    }

    /// Unix seconds that a clock may show: up to the year 9999. A reply can hold any number.
    private static var timesOfClocks: ClosedRange<Int64> { 0...253_402_300_799 }

    private mutating func take(_ outcome: CallOutcome) {
        switch outcome {
        case .opened: isOpened = true
        case .refused(let errorClass): refusal = errorClass
        case .found(let sight): self.sight = sight
        case .notFound: isNotFound = true
        case .lookUpRefused: isLookUpRefused = true
        case .notSent, .unknown: return
        }
    }

    private static func signing(_ reply: HTTPReply, _ fields: ProbedFields, _ account: CashierAccount) -> Signing {
        guard let signature = reply.header(account.responseHeader) else {
            return reply.hasHeader(account.responseHeader) ? .wrong : .absent
        }
        func isOver(_ list: SignatureFields) -> Bool {
            Signature.isValid(signature, list, secrets: account.secrets) { name in
                fields.bytes(name).map { .text($0) } ?? .null
            }
        }
        let hasURL = !(fields.bytes("redirect_url") ?? []).isEmpty
        if isOver(account.responseFields) { return .right }
        let others = SignatureFields(account.responseFields.names.filter { $0 != "redirect_url" })
        return hasURL && isOver(others) ? .withoutURL : .wrong
    }
}

/// Values of a reply's outermost object and of the objects in it, by `name` or `object.name`.
struct ProbedFields {
    private var values: [String: [UInt8]] = [:]
    private(set) var paths: [String] = []

    /// Nil unless the body is one strict JSON object.
    init?(_ body: [UInt8]) {
        do throws(JSONFault) {
            var scanner = try JSONScanner(body, limits: .reply)
            guard case .object = try scanner.value() else { return nil }
            while let key = try scanner.nextKey() {
                let name = String(decoding: scanner.utf8(key), as: UTF8.self)
                let value = try scanner.value()
                keep(value, at: name, of: scanner)
                guard value == .object else {
                    try scanner.skip(value)
                    continue
                }
                while let member = try scanner.nextKey() {
                    let inner = try scanner.value()
                    keep(inner, at: "\(name).\(String(decoding: scanner.utf8(member), as: UTF8.self))", of: scanner)
                    try scanner.skip(inner)
                }
            }
            try scanner.finish()
        } catch {
            return nil
        }
        paths.sort()
    }

    private mutating func keep(_ value: JSONValue, at path: String, of scanner: JSONScanner) {
        switch value {
        case .string(let text): values[path] = Array(scanner.utf8(text))
        case .number(let number): values[path] = Array(scanner.bytes[number.start..<number.end])
        case .bool, .array: break
        case .null, .object: return
        }
        // A name that could be anything is not repeated.
        let isPlain = path.utf8.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x2E...0x39).contains($0) || $0 == 0x5F
        }
        if isPlain, path.utf8.count <= 64 { paths.append(path) }
    }

    func bytes(_ path: String) -> [UInt8]? {
        values[path]
    }

    /// Printable ASCII of at most 64 bytes.
    func word(_ path: String) -> String? {
        guard let bytes = values[path], bytes.count <= 64, bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func integer(_ path: String) -> Int64? {
        guard let word = word(path), word.utf8.first != UInt8(ascii: "+") else { return nil }
        return Int64(word)
    }
}
