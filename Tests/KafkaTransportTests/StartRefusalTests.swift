import Testing

@testable import KafkaTransport

@Suite struct StartRefusalTests {
    private let start = ContinuousClock.now
    private let password = KafkaFault(.init(rawValue: -169), "sasl_ssl://a:9093/bootstrap: refused")
    private let certificate = KafkaFault(.init(rawValue: -181), "sasl_ssl://b:9093/bootstrap: handshake failed")
    private let away = KafkaFault(.init(rawValue: -195), "sasl_ssl://b:9093/bootstrap: Connection refused")

    @Test func theOnlyBrokersRefusalEndsAClientAtOnce() {
        var refusals = StartRefusals()
        #expect(!refusals.isAskDue(now: start))
        refusals.refused(password, now: start)
        refusals.allDown()
        #expect(!refusals.isAskDue(now: start))
        #expect(refusals.isAskDue(now: start + StartRefusals.askAfter))
        let fault = refusals.unanswered(now: start + .seconds(1))
        #expect(fault == password)
    }

    @Test func theFirstRefusalEndsAClientOnceEachBrokerRefuses() {
        var refusals = StartRefusals()
        refusals.refused(certificate, now: start)
        let early = refusals.unanswered(now: start + .seconds(1))
        #expect(early == nil, "the other was not tried yet")
        #expect(!refusals.isAskDue(now: start + .seconds(1)))
        #expect(refusals.isAskDue(now: start + .seconds(1) + StartRefusals.askEvery))
        refusals.refused(password, now: start + .seconds(2))
        refusals.allDown()
        let fault = refusals.unanswered(now: start + .seconds(3))
        #expect(fault == certificate)
    }

    @Test func aBrokerThatIsAwayMayYetTakeTheClientForAWhile() {
        var refusals = StartRefusals()
        refusals.notReached(away)
        refusals.refused(password, now: start)
        refusals.allDown()
        let early = refusals.unanswered(now: start + StartRefusals.patience - .milliseconds(1))
        #expect(early == nil)
        let fault = refusals.unanswered(now: start + StartRefusals.patience)
        #expect(fault == password)
    }

    @Test func anotherAddressOfABrokerThatRefusesIsNoOtherBroker() {
        var refusals = StartRefusals()
        refusals.notReached(away)
        refusals.allDown()
        refusals.refused(certificate, now: start)
        refusals.notReached(away)
        let fault = refusals.unanswered(now: start + .seconds(1))
        #expect(fault == certificate)
    }

    @Test func whoIsAnsweredGoesOn() {
        var refusals = StartRefusals()
        refusals.refused(password, now: start)
        refusals.allDown()
        refusals.answered()
        #expect(!refusals.isAskDue(now: start + .seconds(60)))
        let fault = refusals.unanswered(now: start + .seconds(60))
        #expect(fault == nil)
    }
}
