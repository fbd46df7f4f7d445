import SessionCore
import Testing

@testable import PostgresStore
@testable import usher

/// What `usher show --reveal` makes of an order's stored results.
@Suite struct RevealedLinksTests {
    private static let url = "https://cashier.example.test/login/secret"
    private static let order = SampleOrder.detail(.opened, .nothing, attempts: 1)

    private func revealed(
        _ account: String = "main",
        expiresIn: Duration = .seconds(600),
        outcome: ResultOutcome = .opened
    ) -> RevealedResult {
        var result = SessionResult(
            resultID: SampleOrder.result(outcome).resultID,
            order: Order(account: account, orderID: "order-17"),
            generation: 1,
            outcome: outcome,
            attempts: 1,
            completedAt: SampleOrder.now
        )
        result.session = OpenedSession(redirectURL: Self.url, answeredAt: SampleOrder.now)
        result.expiresAt = SampleOrder.now.advanced(by: expiresIn)
        return RevealedResult(stored: SampleOrder.result(outcome), value: ResultCodec.encode(result))
    }

    private func links(_ results: RevealedResult...) -> RevealedLinks {
        RevealedLinks(results, of: Self.order)
    }

    @Test func aLinkThatWorksIsShownForWhatItIs() {
        let links = links(revealed())
        #expect(links.hasWorking)
        #expect(
            links.lines == [
                "Links",
                "  generation 1: works until 12:10:00Z (in 10m). SECRET, logs the customer in: \(Self.url)",
            ]
        )
        let json = ShowVerb.json([Self.order], [], links)
        #expect(json.contains(#""generation":1,"state":"works","redirect_url":"\#(Self.url)","#), "\(json)")
        #expect(json.contains(#""expires_at":"2026-11-21T12:10:00.000Z""#), "\(json)")
        let text = ShowVerb.text([Self.order], links, width: nil)
        #expect(text.hasPrefix("order-17: opened") && text.hasSuffix(Self.url))
    }

    @Test(arguments: [Duration.zero, .seconds(-300)])
    func anExpiredLinkIsSaidToBeAndNotShown(_ expiresIn: Duration) {
        let links = links(revealed(expiresIn: expiresIn))
        #expect(!links.hasWorking)
        #expect(links.lines.last?.hasPrefix("  generation 1: expired ") == true)
        #expect(!links.lines.joined().contains(Self.url))
        let json = ShowVerb.json([Self.order], [], links)
        #expect(json.contains(#""state":"expired","expires_at":"#) && !json.contains(Self.url))
    }

    @Test func aWipedValueIsSaidToBe() {
        let links = links(RevealedResult(stored: SampleOrder.result(.opened, isWiped: true), value: nil))
        #expect(!links.hasWorking)
        #expect(links.lines.last == "  generation 1: was wiped from the store, as links are after their time")
        #expect(ShowVerb.json([Self.order], [], links).contains(#""state":"wiped""#))
    }

    @Test func anotherAccountsLinkIsNotShown() {
        let links = links(revealed("second"))
        #expect(links.links.map(\.standing) == [.foreign] && !links.lines.joined().contains(Self.url))
    }

    @Test func whatOpenedNothingHasNoLink() {
        let links = links(RevealedResult(stored: SampleOrder.result(.declined), value: nil))
        #expect(links.lines == ["No link: no session of it was opened."] && !links.hasWorking)
        #expect(ShowVerb.json([Self.order], [], links).contains(#""links":[]"#))
        #expect(!ShowVerb.json([Self.order], []).contains("links"), "nobody asked")
    }
}
