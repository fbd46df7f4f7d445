import Testing

@testable import CashierSimulator

@Suite struct FaultPlanTests {
    @Test func readsTheExampleOfTheDocumentation() throws {
        let text = "503=5%,333=1%,-1=1%,hang=0.5%,reset=0.5%,late=0.5%@8s,bad_signature=0.2%,latency=200ms"
        let plan = try FaultPlan(parsing: text)
        #expect(
            plan.items == [
                .init(.http(503, retryAfter: nil), partsPerMillion: 50_000), .init(.code(333), partsPerMillion: 10_000),
                .init(.code(-1), partsPerMillion: 10_000), .init(.hang, partsPerMillion: 5_000),
                .init(.reset, partsPerMillion: 5_000), .init(.late(.seconds(8)), partsPerMillion: 5_000),
                .init(.badSignature, partsPerMillion: 2_000),
            ]
        )
        #expect(plan.latency == .fixed(.milliseconds(200)))
        #expect(plan.description == text)
    }

    @Test(arguments: [
        "", "429=1%@2s", "503=100%@30s", "held=0.0125%@2m", "slow=1%@1500ms", "latency=50ms..400ms", "latency=1.5s..2s",
        "latency=p50:80ms/p99:900ms/p100:2s", "html=1%,only=open", "empty=1%,opened_half",
        "reset_before=1%,reset_after=1%",
        "close=1%,half=1%,stale=1%,huge=1%,redirect=1%,no_signature=1%,wrong_echo=1%,406=1%,502=1%,only=lookup",
        " 503=1% , hang=1%",
    ])
    func whatWasReadIsWrittenSoThatItReadsTheSame(_ text: String) throws {
        let plan = try FaultPlan(parsing: text)
        #expect(try FaultPlan(parsing: plan.description) == plan)
    }

    @Test(arguments: [
        ("503", "503", "NAME=SHARE%"), ("503=5", "503=5", "with %"), ("503=101%", "503=101%", "0 to 100"),
        ("503=-1%", "503=-1%", "0 to 100"), ("503=0.00001%", "503=0.00001%", "0 to 100"),
        ("hnag=1%", "hnag=1%", "no fault"),
        ("0=1%", "0=1%", "no fault"), ("0503=1%", "0503=1%", "no fault"), ("late=1%@8", "late=1%@8", "ms, s or m"),
        ("late=1%@61m", "late=1%@61m", "at most 60m"), ("hang=1%@8s", "hang=1%@8s", "takes no time"),
        ("429=1%@500ms", "429=1%@500ms", "whole seconds"),
        ("hang=60%,close=41%", "hang=60%,close=41%", "more than 100"),
        ("hang=1%,hang=1%", "hang=1%", "twice"), ("latency=fast", "latency=fast", "range"),
        ("latency=9s..1s", "latency=9s..1s", "range"), ("latency=p99:1s/p50:2s", "latency=p99:1s/p50:2s", "rise"),
        ("only=some", "only=some", "only=open"),
    ])
    func namesTheItemThatIsWrong(_ text: String, _ item: String, _ reason: String) {
        do throws(FaultPlanError) {
            let plan = try FaultPlan(parsing: text)
            Issue.record("read as \(plan)")
        } catch {
            #expect(error.item == item)
            #expect(error.reason.contains(reason), "\(error)")
        }
    }

    @Test func sharesAreMetOverManyOrders() throws {
        let plan = try FaultPlan(parsing: "503=5%,reset=10%,hang=0.5%,opened_half")
        var counts: [String: Int] = [:]
        var opened503 = 0
        for order in 0..<100_000 {
            var dice = Dice(seed: 3, subject: UInt64(order), call: 0)
            guard let drawn = plan.draw(isLookup: false, &dice) else { continue }
            counts[drawn.fault.name, default: 0] += 1
            if drawn.fault == .http(503, retryAfter: nil), drawn.isOpened { opened503 += 1 }
        }
        #expect((4_700...5_300).contains(counts["503"] ?? 0))
        #expect((2_200...2_800).contains(opened503))
        #expect((4_700...5_300).contains(counts["reset_before"] ?? 0))
        #expect((4_700...5_300).contains(counts["reset_after"] ?? 0))
        #expect((400...600).contains(counts["hang"] ?? 0))
    }

    @Test func theSameSeedDrawsTheSameForTheSameCall() throws {
        let plan = try FaultPlan(parsing: "503=30%,hang=30%,latency=0ms..100ms")
        func draws(seed: UInt64) -> [DrawnFault?] {
            (0..<200).map { call in
                var dice = Dice(seed: seed, subject: 42, call: UInt64(call))
                return plan.draw(isLookup: false, &dice)
            }
        }
        #expect(draws(seed: 1) == draws(seed: 1))
        #expect(draws(seed: 1) != draws(seed: 2))
    }

    @Test func aScopeSparesTheOtherCalls() throws {
        let plan = try FaultPlan(parsing: "503=100%,only=lookup")
        var dice = Dice(seed: 1, subject: 1, call: 1)
        #expect(plan.draw(isLookup: false, &dice) == nil)
        #expect(plan.draw(isLookup: true, &dice) != nil)
    }

    @Test(arguments: [
        (Latency.fixed(.milliseconds(5)), 5, 5, 5), (.range(.milliseconds(10), .milliseconds(20)), 10, 15, 20),
        (
            .percentiles([
                .init(percent: 50, duration: .milliseconds(10)), .init(percent: 99, duration: .milliseconds(108)),
            ]), 0, 10, 108
        ),
    ])
    func latencyIsDrawnFromItsRange(_ latency: Latency, _ least: Int, _ median: Int, _ most: Int) {
        let drawn = (0..<20_000).map { call in
            var dice = Dice(seed: 9, subject: 1, call: UInt64(call))
            return latency.draw(&dice)
        }.sorted()
        #expect(drawn[0] >= .milliseconds(least))
        #expect(drawn[19_999] <= .milliseconds(most))
        let middle = drawn[10_000]
        #expect(
            middle >= .milliseconds(median) - .milliseconds(1) && middle <= .milliseconds(median) + .milliseconds(1)
        )
    }
}
