import CashierSimulator
import Foundation
import Testing

/// The page of the provider's rules, and the tables that it is made from.
@Suite("The page of the provider's rules")
struct ProviderRulesPageTests {
    private static let page = ProviderItem.root.appendingPathComponent(ProviderRulesPage.name)

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: ProviderItem.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("it is the one made from the tables; WRITE_DOCS=1 brings it up to date")
    func pageIsMade() throws {
        if ProcessInfo.processInfo.environment["WRITE_DOCS"] != nil {
            try ProviderRulesPage.markdown.write(to: Self.page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: Self.page, encoding: .utf8)
        // Compared as bytes: rows hold texts that differ by their normalisation only.
        #expect(Array(written.utf8) == Array(ProviderRulesPage.markdown.utf8), "run the tests once with WRITE_DOCS=1")
    }

    @Test("rules have names of their own, and so have items")
    func names() {
        #expect(Set(ProviderRule.all.map(\.rule)).count == ProviderRule.all.count)
        #expect(Set(ProviderItem.all.map(\.testDescription)).count == ProviderItem.all.count)
        #expect(ProviderItem.all.count > 130)
    }

    @Test("each documented item is shown by rows and tests that exist", arguments: ProviderItem.all)
    func item(_ item: ProviderItem) throws {
        #expect(!item.shown.isEmpty)
        let rules = Set(ProviderRule.all.map(\.rule))
        for name in item.shown {
            guard ProviderItem.isTest(name) else {
                #expect(rules.contains(name), "there is no rule “\(name)”")
                continue
            }
            let parts = name.split(separator: "/")
            let folder = ProviderItem.root.appendingPathComponent("Tests/\(parts[0])")
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            let file = files?.compactMap { $0 as? URL }.first { $0.lastPathComponent == "\(parts[1]).swift" }
            let source = try String(contentsOf: #require(file, "\(name): no such file"), encoding: .utf8)
            #expect(source.contains("func \(parts[2])("), "\(name): no such function")
        }
    }

    /// The client sends these fields, and the simulator checks them: none may be without an item.
    @Test("every field of a request, of customer_data and of a reply is an item")
    func fieldsAreItems() {
        func items(_ parts: String...) -> Set<String> {
            Set(
                ProviderItem.all.filter { parts.contains($0.part) }
                    .flatMap { $0.item.split(separator: ",").map { String($0.drop { $0 == " " }) } }
            )
        }
        let request = items("Request", "Sending")
        for field in ProviderRuleRequest("open").fields.keys { #expect(request.contains(field), "\(field)") }
        let optional = [
            "amount", "balance", "customer_data", "customer_token", "payment_method", "gateway", "validation_url",
            "variable1", "variable2", "variable3",
        ]
        for field in optional { #expect(request.contains(field), "\(field)") }
        let customer = [
            "country", "first_name", "last_name", "dob", "email", "phone", "zip", "state", "city", "address", "profile",
            "encrypted",
        ]
        #expect(items("customer_data") == Set(customer))
        #expect(
            items("Reply").isSuperset(of: ["status", "description", "customer", "session", "timestamp", "version"])
        )
    }

    @Test("every switch says which setting is for it, or what Usher does, and the settings exist")
    func switches() throws {
        let settings = try Self.text("docs/CONFIG.md")
        for found in PersonalitySwitch.all {
            let setting = ProviderRulesPage.settings[found.name]
            #expect((setting != nil) != (ProviderRulesPage.remarks[found.name] != nil), "\(found.name)")
            if let setting { #expect(settings.contains("#### `accounts.<name>.\(setting)`\n"), "\(setting)") }
        }
    }
}
