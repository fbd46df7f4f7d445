import Cryptography
import SessionCore
import Testing

@testable import CashierClient

@Suite("Requests")
struct RequestWriterTests {
    private var full: SessionRequest {
        var request = SessionRequest(
            orderID: "test-1560610955",
            agentName: "Zo\u{EB} \"M\\\u{1}\u{7F}/\n",
            intent: .withdrawal,
            currency: "JPY",
            cid: "1",
            locale: "en-GB",
            notificationURL: "https://crm.example.test/n",
            returnURL: "https://crm.example.test/r?a={{transaction.amount}}"
        )
        request.amount = 100
        request.balance = 0
        var data = CustomerData()
        data.country = "GB"
        data.firstName = "Andrew"
        data.lastName = "Swift"
        data.dateOfBirth = "01/31/1990"
        data.email = "a@example.test"
        data.phone = "447700900000"
        data.zip = "E1"
        data.state = "LND"
        data.city = "London"
        data.address = "1 Road"
        data.profile = 1
        request.customerData = data
        request.customerToken = "t"
        request.paymentMethod = "Credit Card"
        request.gateway = "g"
        request.validationURL = "https://crm.example.test/v"
        request.variable1 = "1"
        request.variable2 = "2"
        request.variable3 = "3"
        return request
    }

    private func body(
        _ request: SessionRequest,
        _ change: (inout CashierAccount) -> Void = { _ in }
    ) -> String {
        var account = Sample.account()
        change(&account)
        let body = RequestWriter.requestBody(request, account: account, timestamp: 1_590_611_635)
        return String(decoding: body, as: UTF8.self)
    }

    @Test("every field, in the page's order")
    func golden() {
        let expected =
            #"{"merchant_id":"Test-Integration-Merchant","application_key":"Sandbox","#
            + #""agent_name":"Zo\#u{EB} \"M\\\u0001\#u{7F}/\n","intent":"withdrawal","currency":"JPY","amount":100,"#
            + #""balance":0,"cid":"1","locale":"en-GB","customer_data":{"country":"GB","first_name":"Andrew","#
            + #""last_name":"Swift","dob":"01/31/1990","email":"a@example.test","phone":"447700900000","zip":"E1","#
            + #""state":"LND","city":"London","address":"1 Road","profile":1},"customer_token":"t","#
            + #""payment_method":"Credit Card","gateway":"g","validation_url":"https://crm.example.test/v","#
            + #""notification_url":"https://crm.example.test/n","#
            + #""return_url":"https://crm.example.test/r?a={{transaction.amount}}","order_id":"test-1560610955","#
            + #""variable1":"1","variable2":"2","variable3":"3","version":"1.3","timestamp":1590611635}"#
        #expect(body(full) == expected)
    }

    @Test("what a job leaves out is left out, or null")
    func nulls() {
        var request = Sample.request()
        request.amount = nil
        let required =
            #"{"merchant_id":"Test-Integration-Merchant","application_key":"Sandbox","agent_name":"Sales - Zo\#u{EB}","#
            + #""intent":"payment","currency":"EUR","cid":"c-17","locale":"en-GB","#
            + #""notification_url":"https://crm.example.test/notify","#
            + #""return_url":"https://crm.example.test/back?o={{transaction.tid}}","order_id":"o-1","version":"1.3","#
            + #""timestamp":1590611635}"#
        #expect(body(request) == required)
        let nulls = body(request) { $0.nullPolicy = .null }
        for name in [
            "amount", "balance", "customer_data", "customer_token", "payment_method", "gateway", "validation_url",
            "variable1", "variable2", "variable3",
        ] {
            #expect(nulls.contains("\"\(name)\":null"))
        }
        #expect(!nulls.contains("\"cid\":null"))
    }

    @Test("the customer's key, phone and version are the account's")
    func forms() {
        let changed = body(full) {
            $0.customerKey = "customer"
            $0.phoneForm = .number
            $0.version = "1.4"
        }
        #expect(changed.contains(#""customer":{"country""#))
        #expect(changed.contains(#""phone":447700900000,"#))
        #expect(changed.contains(#""version":"1.4""#))
        var odd = full
        odd.customerData?.phone = "+44 7700"
        #expect(body(odd) { $0.phoneForm = .number }.contains(#""phone":"+44 7700""#))
        odd.customerData?.phone = "99999999999999999999999"
        #expect(body(odd) { $0.phoneForm = .number }.contains(#""phone":"99999999999999999999999""#))
    }

    @Test("what is copied from the canonical body is what is written field by field", arguments: 0..<12)
    func copied(_ number: Int) {
        var request = full
        if number > 0 { request.agentName = "Zo\u{EB}" }
        if number > 1 { request.variable1 = nil }
        if number > 2 { request.variable2 = nil }
        if number > 3 { request.variable3 = nil }
        if number > 4 { request.variable2 = "\"" }
        if number > 5 { request.variable2 = "2" }
        if number > 6 { request.customerData = nil }
        if number > 7 { request.validationURL = nil }
        if number > 8 { request.amount = nil }
        if number > 9 { request.customerData = CustomerData() }
        if number > 10 { request.orderID = "\\" }
        let shared = SharedRequest(request)
        let account = Sample.account()
        let written = RequestWriter.requestBody(request, account: account, timestamp: 17)
        #expect(RequestWriter.open(shared, account: account, timestamp: 17).body == written)
        #expect(shared.value == request)
        #expect(shared.withMembers { _, _ in true } != nil || [0, 5, 11].contains(number))
    }

    @Test("an account that wants something written otherwise gets it")
    func notCopied() {
        var plain = full
        plain.agentName = "Ada"
        let shared = SharedRequest(plain)
        func body(_ change: (inout CashierAccount) -> Void) -> String {
            var account = Sample.account()
            change(&account)
            return String(decoding: RequestWriter.open(shared, account: account, timestamp: 17).body, as: UTF8.self)
        }
        #expect(body { $0.customerKey = "customer" }.contains(#""customer":{"country""#))
        #expect(body { $0.phoneForm = .number }.contains(#""phone":447700900000"#))
        var short = plain
        short.gateway = nil
        let account = {
            var account = Sample.account()
            account.nullPolicy = .null
            return account
        }()
        let withNull = RequestWriter.open(SharedRequest(short), account: account, timestamp: 17).body
        #expect(String(decoding: withNull, as: UTF8.self).contains(#""gateway":null"#))
    }

    @Test("the request is strict JSON and is signed with the first secret over what it says")
    func signature() throws {
        var account = Sample.account()
        account.secrets.append(Secret("old"))
        let signed = RequestWriter.open(SharedRequest(Sample.request()), account: account, timestamp: 1_590_611_635)
        #expect(ReplyDocument(signed.body) != nil)
        let preimage = "Test-Integration-MerchantSandbox1590611635paymentc-17o-1Sales - Zo\u{EB}MerchantSecretKey"
        #expect(signed.signature == Hashes.sha384(Array(preimage.utf8)).hex)
    }

    @Test("a look-up says who asks for which order")
    func lookUp() {
        let signed = RequestWriter.lookUp(
            orderID: "test-1560610955",
            account: Sample.account(),
            timestamp: 1_590_611_635
        )
        #expect(
            String(decoding: signed.body, as: UTF8.self)
                == #"{"merchant_id":"Test-Integration-Merchant","application_key":"Sandbox","#
                + #""order_id":"test-1560610955","version":"1.3","timestamp":1590611635}"#
        )
        #expect(signed.signature == SignatureVector.all.first { $0.id == "F1" }?.digest)
    }

    @Test("the timestamp is the mark, rounded down and moved by the account's offset")
    func timestamp() {
        var account = Sample.account()
        let marked = Timestamp(microseconds: 1_000_999_999)
        #expect(RequestWriter.timestamp(markedAt: marked, account: SharedAccount(account)) == 999)
        account.clockOffsetSeconds = 100
        #expect(RequestWriter.timestamp(markedAt: marked, account: SharedAccount(account)) == 1100)
    }
}
