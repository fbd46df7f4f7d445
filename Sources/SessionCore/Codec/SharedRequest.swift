/// A request as it stands in its job's canonical body, with the places of what each call needs of it. Handing it from
/// step to step costs a count; a `SessionRequest` of texts is made of it only where somebody looks at all of it.
package final class SharedRequest: Equatable, Sendable {
    /// A text that a call needs for itself.
    package enum Field: CaseIterable, Sendable {
        case orderID, agentName, cid, currency, variable1, variable2, variable3

        var id: JobFieldID {
            switch self {
            case .orderID: .orderID
            case .agentName: .agentName
            case .cid: .cid
            case .currency: .currency
            case .variable1: .variable1
            case .variable2: .variable2
            case .variable3: .variable3
            }
        }
    }

    /// Where a text stands in `body`; one that is not there begins at 0, where none can.
    fileprivate struct Span {
        var start: UInt32 = 0
        var end: UInt32 = 0
    }

    /// Where things are in `body`. No vectors: what holds one must be allocated at wider boundaries, which is slow.
    fileprivate struct Places {
        var orderID = Span()
        var agentName = Span()
        var cid = Span()
        var currency = Span()
        var variable1 = Span()
        var variable2 = Span()
        var variable3 = Span()
        /// The members from `agent_name` to `return_url`.
        var members: Range<Int>
        /// Those of the variables.
        var variables: Range<Int>
    }

    package let body: [UInt8]
    package let intent: Intent
    package let amount: Int64?
    /// Nil for a body with escapes, which is read as a whole each time.
    private let places: Places?

    private init(_ body: [UInt8], _ intent: Intent, _ amount: Int64?, _ places: Places?) {
        self.body = body
        self.intent = intent
        self.amount = amount
        self.places = places
    }

    /// Nil unless `body` is a canonical body, and of this order.
    package convenience init?(in body: [UInt8], of order: Order) {
        switch Reading(of: body, order) {
        case .plain(let intent, let amount, let places):
            self.init(body, intent, amount, places)
        case .other:
            guard let job = try? JobCodec.decodeCanonical(body), job.order == order else { return nil }
            self.init(body, job.request.intent, job.request.amount, nil)
        case .ofAnotherOrder:
            return nil
        }
    }

    /// What was just written of `content`, whose texts stand at `places`; nil if they have escapes.
    convenience init?(_ body: [UInt8], of content: some JobContent, _ places: BodyPlaces) {
        guard !places.haveEscapes, let found = Places(end: body.count - 1, place: places.place),
            let intent = content.withText(.intent, { Intent(utf8: $0) }) ?? nil
        else { return nil }
        self.init(body, intent, content.integer(.amount), found)
    }

    package convenience init(job: Job) {
        let body = JobCodec.canonicalBody(job)
        var places: Places?
        if case .plain(_, _, let found) = Reading(of: body, job.order) { places = found }
        self.init(body, job.request.intent, job.request.amount, places)
    }

    /// For a request that no job stands behind.
    package convenience init(_ request: SessionRequest) {
        self.init(job: Job(order: Order(account: "", orderID: request.orderID), request: request))
    }

    package static func == (left: SharedRequest, right: SharedRequest) -> Bool {
        left.body == right.body
    }

    /// All of it.
    package var value: SessionRequest { decoded.request }

    private var decoded: Job {
        guard let job = try? JobCodec.decodeCanonical(body) else { preconditionFailure("it was read before") }
        return job
    }

    /// The field's UTF-8; nil if the request has none.
    package func withText<Result>(_ field: Field, _ use: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
        guard let places else { return decoded.withText(field.id, use) }
        let span = places[field]
        guard span.start > 0 else { return nil }
        let range = Int(span.start)..<Int(span.end)
        return body.withUnsafeBufferPointer { use(UnsafeBufferPointer(rebasing: $0[range])) }
    }

    package func text(_ field: Field) -> String? {
        withText(field) { String(decoding: $0, as: UTF8.self) }
    }

    /// The members as they are written in the body: those from `agent_name` to `return_url`, and those of the
    /// variables, which may be none. Nil where they are not known, because the body has escapes.
    package func withMembers<Result>(
        _ use: (_ members: UnsafeBufferPointer<UInt8>, _ variables: UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result? {
        guard let places else { return nil }
        return body.withUnsafeBufferPointer { body in
            use(
                UnsafeBufferPointer(rebasing: body[places.members]),
                UnsafeBufferPointer(rebasing: body[places.variables])
            )
        }
    }
}

/// What a look at a canonical body finds.
private enum Reading {
    case plain(Intent, Int64?, SharedRequest.Places)
    /// Escapes, or no canonical body at all.
    case other
    case ofAnotherOrder

    init(of body: [UInt8], _ order: Order) {
        self = body.withUnsafeBufferPointer { text in
            JobDraft.with(record: text) { draft in
                guard CanonicalText.read(text, into: &draft),
                    let places = SharedRequest.Places(end: text.count - 1, place: draft.place),
                    let intent = draft.withText(.intent, { Intent(utf8: $0) }) ?? nil
                else { return .other }
                let isOrder =
                    draft.withText(.account) { $0.elementsEqual(order.account.utf8) } == true
                    && draft.withText(.orderID) { $0.elementsEqual(order.orderID.utf8) } == true
                return isOrder ? .plain(intent, draft.integer(.amount), places) : .ofAnotherOrder
            }
        }
    }
}

extension SharedRequest.Places {
    /// Nil where something is missing that every job has. `end` is where the body's members end, `place` tells where a
    /// text stands in it.
    @inline(__always)
    fileprivate init?(end: Int, place: (JobFieldID) -> Range<Int>?) {
        guard let first = place(.agentName), let last = place(.returnURL), place(.cid) != nil,
            place(.currency) != nil, place(.locale) != nil, place(.notificationURL) != nil
        else { return nil }
        members = Self.memberStart(.agentName, first)..<last.upperBound + 1
        variables = end..<end
        for id in [JobFieldID.variable3, .variable2, .variable1] {
            if let found = place(id) { variables = Self.memberStart(id, found)..<end }
        }
        func span(_ field: SharedRequest.Field) -> SharedRequest.Span {
            place(field.id).map { SharedRequest.Span(start: UInt32($0.lowerBound), end: UInt32($0.upperBound)) }
                ?? SharedRequest.Span()
        }
        orderID = span(.orderID)
        agentName = span(.agentName)
        cid = span(.cid)
        currency = span(.currency)
        variable1 = span(.variable1)
        variable2 = span(.variable2)
        variable3 = span(.variable3)
    }

    fileprivate subscript(_ field: SharedRequest.Field) -> SharedRequest.Span {
        switch field {
        case .orderID: orderID
        case .agentName: agentName
        case .cid: cid
        case .currency: currency
        case .variable1: variable1
        case .variable2: variable2
        case .variable3: variable3
        }
    }

    /// Where the member begins whose text stands at `place`: before its name, two quotes, a colon and another quote.
    private static func memberStart(_ id: JobFieldID, _ place: Range<Int>) -> Int {
        place.lowerBound - JobFields.spelling(of: id).utf8CodeUnitCount - 4
    }
}
