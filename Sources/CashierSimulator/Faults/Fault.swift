import HTTPServer

/// One thing that can go wrong between the provider and its client. `docs/SIMULATOR.md` says what each means for truth.
package enum Fault: Equatable, Sendable {
    /// An HTTP error without the provider's body: 408, 425, 429 or 500 to 599.
    case http(Int, retryAfter: Duration?)
    /// A status of the provider's error table (API 1.3, overview/api_error_codes) in the answer's body.
    case code(Int)
    /// The session is opened, the answer never comes.
    case hang
    /// `resetBefore` or `resetAfter`, half each.
    case reset
    /// The connection is reset before the provider reads the request.
    case resetBefore
    /// The session is opened, then the connection is reset instead of an answer.
    case resetAfter
    /// The session is opened, then the connection is closed in order, without an answer.
    case close
    /// The session is opened; half of the answer arrives, then the connection is closed.
    case half
    /// The session is opened at once; the answer comes this much later.
    case late(Duration)
    /// The request waits this long on its way, then the provider reads it: the session is opened only if the request is
    /// still valid then, even if the client has gone away.
    case held(Duration)
    /// The session is opened; the answer arrives in pieces over this time.
    case slow(Duration)
    /// The session is opened; the answer's signature is made with another secret.
    case badSignature
    /// The session is opened; the answer has no signature.
    case noSignature
    /// The session is opened; the answer is signed but names another order.
    case wrongEcho
    /// The session is opened; the answer is signed but an hour old.
    case stale
    /// The session is opened; the answer is larger than 1 MiB.
    case huge
    /// HTTP 200 with a page of HTML.
    case html
    /// HTTP 302 to another host.
    case redirect
    /// HTTP 200 without a body.
    case empty
    /// HTTP 503 without a body.
    case emptyUnavailable
    /// HTTP 200 with a body that breaks off in the middle of its JSON.
    case brokenJSON
    /// The session is opened; the answer is signed and has an empty redirect_url.
    case noURL
    /// An intermediary sends the request twice, the provider obeys both copies; the answer is to the second.
    case twice

    /// The name in fault plans and statistics.
    package var name: String {
        switch self {
        case .http(let status, _): String(status)
        case .code(let code): String(code)
        case .hang: "hang"
        case .reset: "reset"
        case .resetBefore: "reset_before"
        case .resetAfter: "reset_after"
        case .close: "close"
        case .half: "half"
        case .late: "late"
        case .held: "held"
        case .slow: "slow"
        case .badSignature: "bad_signature"
        case .noSignature: "no_signature"
        case .wrongEcho: "wrong_echo"
        case .stale: "stale"
        case .huge: "huge"
        case .html: "html"
        case .redirect: "redirect"
        case .empty: "empty"
        case .emptyUnavailable: "empty_503"
        case .brokenJSON: "broken_json"
        case .noURL: "no_url"
        case .twice: "twice"
        }
    }

    /// What a fault means for the session.
    enum Truth: Equatable {
        /// The request never reaches the provider's rules.
        case notOpened
        /// Not opened; or, in a plan that says `opened_half`, opened in half of the cases.
        case notOpenedUnlessHalf
        /// Opened, if the rules allow it.
        case opened
        /// Opened in half of the cases.
        case half
    }

    var truth: Truth {
        switch self {
        case .http(429, _), .http(408, _), .http(425, _), .resetBefore, .redirect: .notOpened
        case .code(let code): code < 0 || code == 333 || code == 999 ? .notOpenedUnlessHalf : .notOpened
        case .http, .html, .empty, .emptyUnavailable, .brokenJSON: .notOpenedUnlessHalf
        case .reset: .half
        case .hang, .resetAfter, .close, .half, .late, .held, .slow, .badSignature, .noSignature, .wrongEcho, .stale,
            .huge, .noURL, .twice:
            .opened
        }
    }

    /// What happens on the connection, for faults that leave the answer's content alone.
    var wire: WireFault? {
        switch self {
        case .hang: .hang
        case .reset, .resetBefore, .resetAfter: .reset
        case .close: .close
        case .half: .half
        case .slow(let duration): .slow(duration)
        case .held(let duration): .hold(duration)
        case .http, .code, .late, .badSignature, .noSignature, .wrongEcho, .stale, .huge, .html, .redirect, .empty,
            .emptyUnavailable, .brokenJSON, .noURL, .twice:
            nil
        }
    }
}

/// A fault that was drawn for one call, its truth decided.
struct DrawnFault: Equatable {
    var fault: Fault
    var isOpened: Bool
}
