import SessionCore
import Testing

/// What the configuration can change.
@Suite struct JobRulesTests {
    private func codec(_ change: (inout AccountRules) -> Void) -> JobCodec {
        var rules = JobSample.rules
        change(&rules.accounts["demo", default: AccountRules(merchantID: "", applicationKey: "")])
        return JobCodec(rules: rules)
    }

    private func reason(
        _ changes: KeyValuePairs<String, String?>,
        _ change: (inout AccountRules) -> Void
    ) -> RefusalReason? {
        JobSample.refusal(JobSample.text(changes), codec: codec(change))?.reason
    }

    @Test func aJobWithoutAccountIsOfTheDefaultOfTheMoment() throws {
        var changed = JobSample.rules
        changed.defaultAccount = "second"
        let codec = JobCodec(rules: changed)
        let before = try JobSample.decode(JobSample.text())
        let after = try JobSample.decode(JobSample.text(), codec: codec)
        let named = try JobSample.decode(JobSample.text(["account": #""demo""#]), codec: codec)
        #expect(after.order != before.order, "it gets a session of its own")
        #expect(named.order == before.order && JobCodec.canonicalBody(named) == JobCodec.canonicalBody(before))
    }

    @Test func theDefaultsAreTheStrictOnes() {
        let rules = AccountRules(merchantID: "m", applicationKey: "a")
        #expect(rules.intents == [.authorization, .payment, .withdrawal])
        #expect(rules.refusedCurrencies == ["CLF", "UYW"])
        #expect(rules.isCustomerRequired && rules.isAmountOptional)
        #expect(!rules.areIPHostsAllowed && !rules.isLoopbackHTTPAllowed)
        #expect(rules.lengthUnit == .characters)
        #expect(rules.requiredCustomerFields == ["country", "first_name", "last_name", "email"])
        #expect(rules.defaultLocale == nil && rules.currencies == nil && rules.locales == nil)
    }

    @Test func lengthsMayCountBytes() {
        let name: KeyValuePairs<String, String?> = ["agent_name": "\"" + String(repeating: "ë", count: 17) + "\""]
        #expect(reason(name) { _ in } == nil)
        #expect(reason(name) { $0.lengthUnit = .bytes } == .length)
        #expect(
            reason(["agent_name": "\"" + String(repeating: "ë", count: 16) + "\""]) { $0.lengthUnit = .bytes } == nil
        )
    }

    @Test func lengthsCountScalarsNotWhatIsSeen() throws {
        // A woman office worker is three scalars and one character on the screen.
        let workers = String(repeating: "\u{1F469}\u{200D}\u{1F4BC}", count: 11)
        #expect(reason(["agent_name": "\"\(workers)\""]) { _ in } == .length)
        #expect(reason(["agent_name": "\"\(String(workers.unicodeScalars.dropLast()))\""]) { _ in } == nil)
    }

    @Test func defaultsFillWhatAJobLeavesOut() throws {
        let codec = codec {
            $0.defaultLocale = "de-DE"
            $0.defaultNotificationURL = "https://crm.example.test/n"
            $0.defaultReturnURL = "https://crm.example.test/r"
            $0.defaultValidationURL = "https://crm.example.test/v"
        }
        let text = JobSample.text(["locale": nil, "notification_url": nil, "return_url": "null"])
        let request = try JobSample.decode(text, codec: codec).request
        #expect(request.locale == "de-DE")
        #expect(request.notificationURL == "https://crm.example.test/n")
        #expect(request.returnURL == "https://crm.example.test/r")
        #expect(request.validationURL == "https://crm.example.test/v")
        #expect(try JobSample.decode(JobSample.text(), codec: codec).request.locale == "en-GB")
    }

    @Test func aDefaultIsCheckedLikeAJobs() {
        #expect(reason(["notification_url": nil]) { $0.defaultNotificationURL = "http://crm.example.test/" } == .url)
    }

    @Test(arguments: ["locale", "notification_url", "return_url"])
    func withoutADefaultTheFieldIsCompulsory(_ name: String) {
        let refusal = JobSample.refusal(JobSample.text([name: nil]))
        #expect(refusal?.reason == .missing && refusal?.field == name)
    }

    @Test func withoutADefaultAccountJobsNameTheirs() {
        var rules = JobSample.rules
        rules.defaultAccount = nil
        let codec = JobCodec(rules: rules)
        let refusal = JobSample.refusal(JobSample.text(), codec: codec)
        #expect(refusal?.reason == .missing && refusal?.field == "account")
        #expect(refusal?.order == Order(account: "", orderID: "test-1560610955"))
        #expect(JobSample.refusal(JobSample.text(["account": #""second""#]), codec: codec) == nil)
    }

    @Test func currenciesCanBeAddedAndNarrowed() {
        #expect(reason(["currency": #""BTC""#]) { $0.extraCurrencies = ["BTC": 8] } == nil)
        #expect(reason(["currency": #""USD""#]) { $0.currencies = ["EUR"] } == .currency)
        #expect(reason(["currency": #""EUR""#]) { $0.currencies = ["EUR"] } == nil)
        #expect(reason(["currency": #""CLF""#]) { $0.refusedCurrencies = [] } == nil)
    }

    @Test func intentsAndLocalesCanBeNarrowed() {
        #expect(reason(["intent": #""withdrawal""#]) { $0.intents = [.payment] } == .intent)
        #expect(reason(["locale": #""fr-FR""#]) { $0.locales = ["en-GB"] } == .format)
    }

    @Test func theAmountCanBeMadeCompulsory() {
        #expect(reason(["amount": nil]) { $0.isAmountOptional = false } == .missing)
        #expect(reason(["amount": "null"]) { $0.isAmountOptional = false } == .missing)
    }

    @Test func customersCanBeGivenByTokenOrNotAtAll() {
        let token: KeyValuePairs<String, String?> = ["customer_data": nil, "customer_token": #""87cfb23a8f1e68e1""#]
        #expect(reason(token) { _ in } == nil)
        #expect(reason(["customer_data": nil]) { $0.isCustomerRequired = false } == nil)
        #expect(reason(["customer_data": "{}"]) { $0.requiredCustomerFields = [] } == nil)
        #expect(reason(["customer_data.phone": nil]) { $0.requiredCustomerFields.insert("phone") } == .missing)
        #expect(reason(["customer_data.profile": nil]) { $0.requiredCustomerFields.insert("profile") } == .missing)
    }

    @Test(arguments: ["US", "CA"]) func americansNeedZipAndState(_ country: String) {
        func refusal(_ zip: String?, _ state: String?) -> String? {
            JobSample.refusal(
                JobSample.text([
                    "customer_data.country": "\"\(country)\"", "customer_data.zip": zip, "customer_data.state": state,
                ])
            )?.field
        }
        #expect(refusal(#""10001-1234""#, #""NY""#) == nil)
        #expect(refusal(nil, #""NY""#) == "customer_data.zip")
        #expect(refusal(#""10001""#, nil) == "customer_data.state")
    }

    @Test func anAccountOfItsOwnHasRulesOfItsOwn() throws {
        let elsewhere: KeyValuePairs<String, String?> = [
            "account": #""second""#, "notification_url": #""https://elsewhere.example/""#,
            "merchant_id": #""Other-Merchant""#, "application_key": #""Shop""#,
        ]
        #expect(try JobSample.decode(JobSample.text(elsewhere)).order.account == "second")
    }

    @Test func notAfterIsLaterThanNotBefore() {
        func reason(_ before: String, _ after: String) -> RefusalReason? {
            JobSample.refusal(JobSample.text(["not_before": "\"\(before)\"", "not_after": "\"\(after)\""]))?.reason
        }
        #expect(reason("2026-11-21T12:00:00Z", "2026-11-21T12:00:01Z") == nil)
        #expect(reason("2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z") == .time)
        #expect(reason("2026-11-21T12:00:00Z", "2026-11-21T13:00:00+02:00") == .time)
    }
}
