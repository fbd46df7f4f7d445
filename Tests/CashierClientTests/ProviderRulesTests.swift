import CashierSimulator
import Cryptography
import Foundation
import Glibc
import SessionCore
import Testing

@testable import CashierClient

/// Walks the table of the provider's rules: each row's request goes to the simulator, and its answer to the client.
@Suite("The provider's rules, row by row")
struct ProviderRulesTests {
    private static let account: CashierAccount = {
        var account = Sample.account()
        account.name = "demo"
        return account
    }()

    private func request(_ row: ProviderRule) -> ProviderRuleRequest {
        var request = ProviderRuleRequest(row.call, age: row.age ?? 0)
        for (name, json) in row.set ?? [:] { request.fields[name] = json }
        request.signature = row.signature ?? "right"
        if let path = row.path { request.path = path }
        return request
    }

    /// What the client asked for, as far as the row's request can be asked for.
    private func expectation(_ request: ProviderRuleRequest, _ row: ProviderRule) -> ReplyReader.Expectation {
        func text(_ name: String) -> String {
            let json = request.fields[name] ?? ""
            return json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
        }
        guard row.call == "open" else { return .lookUp(orderID: text("order_id")) }
        var session = SessionRequest(
            orderID: text("order_id"),
            agentName: text("agent_name"),
            intent: Intent(rawValue: text("intent")) ?? .payment,
            currency: text("currency"),
            cid: text("cid"),
            locale: text("locale"),
            notificationURL: text("notification_url"),
            returnURL: text("return_url")
        )
        session.amount = Int64(text("amount"))
        return .open(SharedRequest(session))
    }

    /// The one place that knows how the client is given an answer.
    private func classified(
        _ answer: (status: Int, headers: [(name: String, value: String)], body: [UInt8]),
        _ expectation: ReplyReader.Expectation
    ) -> ProviderRule.Worker {
        let reader = ReplyReader(
            account: Self.account,
            expectation: expectation,
            now: Timestamp(seconds: Int64(time(nil)))
        )
        let found = reader.classify(HTTPReply(status: answer.status, headers: answer.headers, body: answer.body))
        let outcome =
            switch found.outcome {
            case .opened: "opened"
            case .refused(let errorClass): "refused: \(errorClass.rawValue)"
            case .notSent: "not sent"
            case .unknown: "unknown"
            case .found(let sight): "found: \(sight)"
            case .notFound: "not found"
            case .lookUpRefused: "look-up refused"
            }
        return ProviderRule.Worker(outcome: outcome, code: found.code)
    }

    private func isSigned(_ answer: (status: Int, headers: [(name: String, value: String)], body: [UInt8])) -> Bool {
        guard let sent = answer.headers.first(where: { $0.name == "gt-authentication" })?.value,
            let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        else { return false }
        func text(_ value: Any?) -> String { value.map { $0 is NSNull ? "" : "\($0)" } ?? "" }
        let customer = (json["customer"] as? [String: Any])?["customer_token"]
        let isLookUp = json.keys.contains("transaction") || json["redirect_url"] == nil
        let url = isLookUp ? "" : text(json["redirect_url"])
        let values = text(json["status"]) + text(json["timestamp"]) + url + text(customer)
        return sent == Hashes.sha384(Array((values + "MerchantSecretKey").utf8)).hex
    }

    @Test("the table is there, and every switch of the personality is in it")
    func tableIsWhole() {
        #expect(ProviderRule.all.count > 200)
        let supposed = Set(
            ProviderRule.all.flatMap { row in
                let personality = try? Personality(parsing: row.personality ?? "")
                return (personality?.differences ?? "").split(separator: ",").compactMap {
                    $0.split(separator: "=").first
                }
            }
        )
        // What is not about answers to requests has tests of its own.
        let others = [
            "session-lifetime", "rate", "expiry-notices", "repeat-after", "repeats", "repetition", "callback-timeout",
            "signed-acknowledgements",
        ]
        for found in PersonalitySwitch.all where !others.contains(found.name) {
            #expect(supposed.contains(Substring(found.name)), "no row supposes \(found.name)")
        }
    }

    @Test("each row: the provider's answer and the client's conclusion", arguments: ProviderRule.all)
    func row(_ row: ProviderRule) throws {
        let account = SimulatorAccount(
            merchantID: "Test-Integration-Merchant",
            applicationKey: "Sandbox",
            secret: Secret("MerchantSecretKey")
        )
        let simulator = try CashierSimulator.start(SimulatorConfiguration(accounts: [account]))
        defer { simulator.stop() }
        for _ in 0..<(row.sessions_before ?? 0) {
            _ = try #require(ProviderRuleRequest("open").send(to: simulator.port))
        }
        simulator.setPersonality(try Personality(parsing: row.personality ?? ""))
        simulator.setFaults(try FaultPlan(parsing: row.faults ?? ""))
        let request = request(row)
        let answer = try #require(request.send(to: simulator.port))
        #expect(answer.status == row.answer.http)
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        let status = json?["status"].map { "\($0)" }
        #expect(status == row.answer.status.map { String($0) })
        let description = json?["description"] as? String ?? ""
        #expect(description.hasPrefix(row.answer.description), "\(description)")
        #expect(isSigned(answer) == row.answer.signed)
        #expect(simulator.statistics().sessionsOpened == row.answer.sessions)
        let worker = classified(answer, expectation(request, row))
        if let path = getenv("WRITE_RULES").map({ String(cString: $0) }) { note(row, worker, path) }
        if let expected = row.worker { #expect(worker == expected) }
    }

    /// Adds what the client concluded to a file, from which the table's last column can be filled and read over.
    private func note(_ row: ProviderRule, _ worker: ProviderRule.Worker, _ path: String) {
        guard let file = fopen(path, "a") else { return }
        fputs("\(row.rule)\t\(worker.outcome)\t\(worker.code)\n", file)
        fclose(file)
    }
}
