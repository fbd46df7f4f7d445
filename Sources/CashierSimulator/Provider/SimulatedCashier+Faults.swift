import HTTPServer
import SessionCore

extension SimulatedCashier {
    /// Lets the request wait; it comes back as held.
    mutating func hold(_ fault: Fault) -> HTTPAnswer {
        count(.faults, fault.name)
        var answer = HTTPAnswer(status: 200, body: [])
        answer.fault = fault.wire
        return answer
    }

    /// Gives a successful answer, with what its fault does to it.
    mutating func give(_ reply: SessionReply, to call: Call, account: Int) -> HTTPAnswer {
        let secret = configuration.accounts[account].secret
        guard let fault = call.drawn?.fault, !call.isHeld else {
            return delayed(successful(reply.answer(secret: secret)), call)
        }
        var reply = reply
        switch fault {
        case .badSignature: reply.signing = .withOtherSecret
        case .noSignature: reply.signing = .none
        case .wrongEcho: reply.objects.orderID += "-other"
        case .stale: reply.timestamp = reply.timestamp.advanced(by: .seconds(-3600))
        case .huge: reply.padding = 3 * 512 * 1024
        case .noURL: reply.redirectURL = reply.redirectURL.map { _ in "" }
        case .http, .code, .html, .redirect, .empty, .emptyUnavailable, .brokenJSON:
            return answer(insteadOf: call, fault)
        case .hang, .reset, .resetBefore, .resetAfter, .close, .half, .late, .held, .slow, .twice: break
        }
        return carried(successful(reply.answer(secret: secret)), call, by: fault)
    }

    /// Gives an error answer. A fault of the connection happens to it too; one of the content has nothing to work on.
    mutating func give(_ refusal: ProviderRefusal, to call: Call) -> HTTPAnswer {
        if refusal.isSignature { change(.totalled(.signatureFailures, by: 1)) }
        let answer = answer(refusal, call)
        guard let fault = call.drawn?.fault, !call.isHeld else { return delayed(answer, call) }
        switch fault {
        case .hang, .reset, .resetBefore, .resetAfter, .close, .half, .late, .held, .slow:
            return carried(answer, call, by: fault)
        case .http, .code, .html, .redirect, .empty, .emptyUnavailable, .brokenJSON, .badSignature, .noSignature,
            .wrongEcho, .stale, .huge, .noURL, .twice:
            return delayed(answer, call)
        }
    }

    /// The answer that a fault puts in the place of the provider's.
    mutating func answer(insteadOf call: Call, _ fault: Fault) -> HTTPAnswer {
        switch fault {
        case .http(let status, let retryAfter):
            var answer = Self.page(status: status, "<h1>\(status)</h1>")
            if let retryAfter {
                let seconds = String(retryAfter.components.seconds)
                answer.headers.append(HTTPHeader(name: "Retry-After", value: seconds))
            }
            return carried(answer, call, by: fault)
        case .code(let code):
            return carried(answer(.planned(code), call), call, by: fault)
        case .html:
            return carried(Self.page(status: 200, "<h1>Please stand by</h1>"), call, by: fault)
        case .redirect:
            var answer = Self.page(status: 302, "<h1>Moved</h1>")
            answer.headers.append(HTTPHeader(name: "Location", value: "https://elsewhere.example.test/cashier"))
            return carried(answer, call, by: fault)
        case .emptyUnavailable:
            return carried(HTTPAnswer(status: 503, body: []), call, by: fault)
        case .brokenJSON:
            let text = Array(#"{"status":0,"description":"Ok","customer":{"customer_token":"#.utf8)
            return carried(HTTPAnswer(status: 200, headers: [SessionReply.contentType], body: text), call, by: fault)
        case .empty, .hang, .reset, .resetBefore, .resetAfter, .close, .half, .late, .held, .slow, .badSignature,
            .noSignature, .wrongEcho, .stale, .huge, .noURL, .twice:
            return carried(HTTPAnswer(status: 200, headers: [SessionReply.contentType], body: []), call, by: fault)
        }
    }

    // MARK: Parts

    private mutating func successful(_ answer: HTTPAnswer) -> HTTPAnswer {
        count(.answers, "0")
        return answer
    }

    private mutating func answer(_ refusal: ProviderRefusal, _ call: Call) -> HTTPAnswer {
        count(.answers, String(refusal.status))
        let personality = configuration.personality
        let check = RequestCheck(configuration: configuration, now: call.now)
        let account = call.document.flatMap { check.accountIndex($0) }
        return SessionReply.error(
            refusal,
            httpStatus: httpStatus(refusal.status),
            timestamp: providerTime(call.now),
            signingSecret: personality.signsErrors ? account.map { configuration.accounts[$0].secret } : nil,
            personality
        )
    }

    private func httpStatus(_ status: Int) -> Int {
        switch configuration.personality.errorStyle {
        case .body: 200
        case .http: (400...599).contains(status) ? status : status == 333 ? 503 : 500
        }
    }

    private mutating func carried(_ answer: HTTPAnswer, _ call: Call, by fault: Fault) -> HTTPAnswer {
        count(.faults, fault.name)
        var answer = delayed(answer, call)
        answer.fault = fault.wire
        if case .late(let duration) = fault { answer.delay += duration }
        return answer
    }

    private func delayed(_ answer: HTTPAnswer, _ call: Call) -> HTTPAnswer {
        var answer = answer
        answer.delay = call.latency
        return answer
    }

    private static func page(status: Int, _ text: String) -> HTTPAnswer {
        HTTPAnswer(
            status: status,
            headers: [HTTPHeader(name: "Content-Type", value: "text/html; charset=utf-8")],
            body: Array("<!doctype html><title>Simulated edge</title>\(text)\n".utf8)
        )
    }
}
