import Cryptography

/// An answer to a callback as it came.
struct CallbackReply: Equatable, Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    static func == (left: CallbackReply, right: CallbackReply) -> Bool {
        left.status == right.status && left.body == right.body
            && left.headers.map { [$0.name, $0.value] } == right.headers.map { [$0.name, $0.value] }
    }
}

/// What the provider makes of the answer to a callback.
struct CallbackVerdict: Equatable, Sendable {
    enum Outcome: String, CaseIterable, Sendable {
        /// Status 0 with a right signature.
        case acknowledged
        /// Status 0 without a signature.
        case unsigned
        /// Another status.
        case refused
        /// A signature that is wrong under either name.
        case badSignature = "bad_signature"
        /// Not HTTP 200 with a JSON object that has a status.
        case unrecognised
        /// No answer, or not in time.
        case noAnswer = "no_answer"
    }

    enum Mark: String, Sendable {
        case right
        case wrong
        case absent
    }

    var outcome: Outcome
    var httpStatus: Int?
    /// The answer's own status and text.
    var status: Int64?
    var text: String?
    /// The signature under its two names: pages and clients differ in which one an answer has.
    var gtAuthentication = Mark.absent
    var externalSignature = Mark.absent
    /// Why there is no answer.
    var reason: String?

    static func noAnswer(_ reason: String) -> CallbackVerdict {
        CallbackVerdict(outcome: .noAnswer, reason: reason)
    }

    /// Judges an answer. Its signature is over status and timestamp (API 1.3, webhooks/notification).
    init(_ reply: CallbackReply, secret: Secret) {
        self.init(outcome: .unrecognised, httpStatus: reply.status)
        guard reply.status == 200, let document = try? JSONTree.read(reply.body),
            let status = document["status"]?.signed.flatMap({ Int64($0) })
        else { return }
        self.status = status
        text = document["description"]?.text
        let values = [document["status"]?.signed, document["timestamp"]?.signed]
        func mark(_ name: String) -> Mark {
            guard let value = reply.header(name), !value.isEmpty else { return .absent }
            return RequestSignature.matches(value, values, secret: secret) ? .right : .wrong
        }
        gtAuthentication = mark("gt-authentication")
        externalSignature = mark("external-request-signature")
        let marks = [gtAuthentication, externalSignature]
        if marks.contains(.wrong) {
            outcome = .badSignature
        } else if status != 0 {
            outcome = .refused
        } else {
            outcome = marks.contains(.right) ? .acknowledged : .unsigned
        }
    }

    private init(outcome: Outcome, httpStatus: Int? = nil, reason: String? = nil) {
        self.outcome = outcome
        self.httpStatus = httpStatus
        self.reason = reason
    }

    /// Whether the provider sends a notification again (API 1.3, webhooks/notification): no answer that it recognises,
    /// or status -1.
    func isRepeated(_ personality: Personality) -> Bool {
        switch outcome {
        case .acknowledged: false
        case .refused: status == -1
        case .unsigned: personality.signedAcknowledgements == .enforced
        case .badSignature, .unrecognised, .noAnswer: true
        }
    }

    /// Whether a validation lets the payment go on; anything but status 0 blocks it.
    var letsPay: Bool {
        outcome == .acknowledged || outcome == .unsigned
    }
}
