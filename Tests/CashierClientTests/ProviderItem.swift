import Foundation
import Testing

/// A row of `docs/contracts/provider-items.json`: something that the provider's documentation names, and what shows how
/// Usher and the simulator keep to it.
struct ProviderItem: Codable, Sendable, CustomTestStringConvertible {
    /// A heading of the page.
    var part: String
    var item: String
    /// What the documentation says of it.
    var fact: String
    var source: String
    /// Names of rules of `provider-rules.json`, and tests as `Target/File/function`.
    var shown: [String]

    var testDescription: String { "\(part): \(item)" }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let file = root.appendingPathComponent("docs/contracts/provider-items.json")

    /// Every row; none if the file cannot be read, which a test of its own finds.
    static let all = (try? JSONDecoder().decode([ProviderItem].self, from: Data(contentsOf: file))) ?? []

    static func isTest(_ name: String) -> Bool {
        name.split(separator: "/").count == 3 && !name.contains(" ")
    }
}
