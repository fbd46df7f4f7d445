import SessionCore
import Testing

@Suite struct EventContractTests {
    private let schema: JSONTree

    init() throws {
        schema = try ContractFiles.tree("contracts/transaction.schema.json")
    }

    /// Every member that there is.
    private static var event: TransactionEvent {
        var event = TransactionEvent(
            eventID: ResultSample.identity.event(of: ResultSample.order, tid: 756_850, status: "approved"),
            order: ResultSample.order,
            generation: 1,
            toldAt: Timestamp(seconds: 1_795_262_400),
            receivedAt: Timestamp(microseconds: 1_795_262_400_250_999)
        )
        var transaction = TransactionEvent.Transaction(tid: 756_850, status: "approved")
        transaction.type = "sale"
        transaction.currency = "EUR"
        transaction.amount = 100
        transaction.conversionRate = "1.000000"
        transaction.processedCurrency = "EUR"
        transaction.processedAmount = 100
        transaction.paymentMethod = "Credit Card"
        transaction.paymentProcessor = "TestCardProcessor"
        transaction.gateway = "g"
        transaction.statusCode = "0"
        transaction.statusDetails = "fine"
        transaction.transactionID = "t"
        transaction.referenceID = "r"
        event.transaction = transaction
        event.sessionStatus = "successful"
        event.customerToken = "c"
        event.variable1 = "1"
        event.variable2 = "2"
        event.variable3 = "3"
        return event
    }

    private func expectSame(_ fields: [ResultField], _ object: JSONTree, _ value: JSONTree?, _ path: String) {
        #expect(object["properties"]?.members.map(\.name) == fields.map(\.name))
        #expect(value?.members.map(\.name) == fields.map(\.name), "the codec writes them in this order")
        #expect(object["required"]?.elements.compactMap(\.text) ?? [] == fields.filter(\.isRequired).map(\.name))
        for field in fields {
            let property = object["properties"]?[field.name]
            #expect(property?["type"]?.text == field.kind.rawValue, "\(path)\(field.name)")
            #expect((property?["description"]?.text?.utf8.count ?? 0) > 4, "\(path)\(field.name)")
            if let property, field.kind == .object {
                expectSame(field.members, property, value?[field.name], "\(path)\(field.name).")
            }
        }
    }

    @Test func hasTheMembersThatTheCodecWrites() throws {
        expectSame(EventFields.all, schema, try JSONTree(EventCodec.encode(Self.event)), "")
    }

    @Test func listsEveryKindAndMatchesWhatIsWritten() throws {
        let kinds = schema["properties"]?["kind"]?["enum"]?.elements.compactMap(\.text)
        #expect(kinds == TransactionEvent.Kind.allCases.map(\.rawValue))
        let tree = try JSONTree(EventCodec.encode(Self.event))
        for name in ["event_id", "order_id", "told_at", "received_at"] {
            let pattern = try #require(schema["properties"]?[name]?["pattern"]?.text)
            #expect(try Regex(pattern).firstMatch(in: try #require(tree[name]?.text)) != nil, "\(name)")
        }
        #expect(tree["received_at"]?.text == "2026-11-21T12:00:00.250Z")
    }

    @Test func anIdentityHasNoTwoReadings() {
        let identity = ResultSample.identity
        let order = ResultSample.order
        #expect(
            identity.event(of: order, tid: 12, status: "3x") != identity.event(of: order, tid: 123, status: "x")
                && identity.event(of: order, session: [], status: "expired")
                    != identity.event(of: order, session: [0x31], status: "expired")
        )
    }

    @Test(arguments: ["address: vt.session.transactions", "$ref: './transaction.schema.json'"])
    func theAsyncAPIDocumentNames(_ text: String) {
        let document = ContractFiles.text("contracts/asyncapi.yaml")
        #expect(document.contains(text) && document.contains("const: \(EventCodec.schema)"))
    }
}
