import CashierSimulator
import Cryptography
import Foundation
import Glibc
import SessionCore
import Testing

@testable import CashierClient

/// From a record of the jobs topic, by the codec, the stored body and the request writer, to the provider and back.
@Suite("Records, all the way to the provider")
struct RecordTests {
    private func rules(_ row: RecordRow) -> JobRules {
        var account = AccountRules(merchantID: "Test-Integration-Merchant", applicationKey: "Sandbox")
        account.extraCurrencies = row.currencies
        account.refusedCurrencies.subtract(row.currencies.keys)
        return JobRules(accounts: ["demo": account], defaultAccount: "demo")
    }

    private func simulator(_ row: RecordRow) throws -> RunningSimulator {
        let account = SimulatorAccount(
            merchantID: "Test-Integration-Merchant",
            applicationKey: "Sandbox",
            secret: Secret(Sample.secret)
        )
        var configuration = SimulatorConfiguration(accounts: [account])
        configuration.personality = try Personality(parsing: row.personality)
        return try CashierSimulator.start(configuration)
    }

    private func claimed(_ request: SessionRequest, _ purpose: ClaimPurpose) -> ClaimedJob {
        let now = Timestamp(seconds: Int64(time(nil)))
        return ClaimedJob(
            lease: LeaseRef(jobID: 1, epoch: 1),
            purpose: purpose,
            order: Order(account: "demo", orderID: request.orderID),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: 1,
            lookUps: 0,
            acceptedAt: now,
            notAfter: now.advanced(by: .seconds(3_600)),
            firstSend: now,
            lastSend: now,
            request: SharedRequest(request),
            traceparent: nil
        )
    }

    @Test("each row opens a session with what the record says, and is found again", arguments: RecordRow.all)
    func row(_ row: RecordRow) async throws {
        let job = try JobCodec(rules: rules(row)).decode(key: Array("o-1".utf8), value: Array(row.text.utf8))
        // What is sent comes out of the database.
        let request = try JobCodec.decodeCanonical(JobCodec.canonicalBody(job)).request
        #expect(request == job.request)
        let simulator = try simulator(row)
        defer { simulator.stop() }
        var account = Sample.account(endpoint: "http://127.0.0.1:\(simulator.port)/cashier/virtual-terminal")
        row.account(&account)
        let body = RequestWriter.open(SharedRequest(request), account: account, timestamp: 1).body
        for part in row.sent {
            #expect(body.firstRange(of: Array(part.utf8)) != nil, "\(part) is not in the request")
        }
        for name in row.notSent {
            #expect(body.firstRange(of: Array("\"\(name)\":".utf8)) == nil, "\(name) is in the request")
        }
        let client = try CashierHTTPClient(accounts: [account])
        let opening = claimed(request, .open)
        let markedAt = Timestamp(seconds: Int64(time(nil)))
        let answer = await client.answer(to: CashierCall(kind: .open, job: opening, markedAt: markedAt))
        guard case .opened(let session) = answer.outcome else {
            Issue.record("not opened: \(answer.code) \(answer.message)")
            return
        }
        #expect(session.redirectURL.hasPrefix("https://"))
        #expect(session.intent == request.intent.rawValue && session.currency == request.currency)
        #expect(session.amount == request.amount)
        if row.personality != "sparse-replies" {
            #expect(session.paymentMethod == row.method && session.gateway == request.gateway)
        }
        let lookUp = CashierCall(kind: .lookUp, job: claimed(request, .lookUp), markedAt: markedAt)
        #expect(await client.answer(to: lookUp).outcome == .found(.open))
        await client.close(timeout: .seconds(1))
        #expect(simulator.statistics().sessionsOpened == 1)
    }

    @Test("every field that the provider's page lists is sent, in the page's order")
    func everyField() throws {
        let set: [String: String?] = [
            "balance": "5", "payment_method": #""m""#, "gateway": #""g""#, "variable1": #""1""#, "variable2": #""2""#,
            "variable3": #""3""#, "validation_url": #""https://crm.example.test/v""#,
            "customer_data": #"""
            {"country":"US","first_name":"a","last_name":"b","dob":"02/29/1980","email":"a@b.test","phone":"1",
            "zip":"1","state":"NY","city":"c","address":"d","profile":1}
            """#,
        ]
        let row = RecordRow("every field", set)
        let job = try JobCodec(rules: rules(row)).decode(key: Array("o-1".utf8), value: Array(row.text.utf8))
        let body = RequestWriter.requestBody(job.request, account: Sample.account(), timestamp: 1)
        let text = String(decoding: body, as: UTF8.self)
        let page = [
            "merchant_id", "application_key", "agent_name", "intent", "currency", "amount", "balance", "cid", "locale",
            "customer_data", "country", "first_name", "last_name", "dob", "email", "phone", "zip", "state", "city",
            "address", "profile", "customer_token", "payment_method", "gateway", "validation_url", "notification_url",
            "return_url", "order_id", "variable1", "variable2", "variable3", "version", "timestamp",
        ]
        var rest = text[...]
        for name in page {
            let found = try #require(rest.range(of: "\"\(name)\":"), "\(name) is not there, or too early")
            rest = rest[found.upperBound...]
        }
        let json = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        let customer = try #require(json["customer_data"] as? [String: Any])
        #expect(json.count + customer.count == page.count, "and nothing else")
        // All that a job can say of a session goes out; the rest is Usher's own.
        let own: Set = ["account", "campaign", "not_before", "not_after"]
        #expect(Set(JobFields.topLevel.map { JobFields[$0].name }).subtracting(own).isSubset(of: json.keys))
        #expect(Set(JobFields.customer.map { JobFields[$0].name }) == Set(customer.keys))
    }
}
