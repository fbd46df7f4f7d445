import Foundation
import Testing

/// A row of `docs/contracts/provider-rules.json`: a request, what the provider answers, what the client makes of it.
struct ProviderRule: Codable, Sendable, CustomTestStringConvertible {
    struct Answer: Codable, Sendable {
        var http: Int
        /// Nil where the body is not the provider's.
        var status: Int64?
        /// How the description begins.
        var description: String
        var signed: Bool
        /// Sessions of the order after it.
        var sessions: Int
    }

    struct Worker: Codable, Equatable, Sendable {
        var outcome: String
        var code: String
    }

    var rule: String
    var source: String
    /// Switches that the row supposes: what is unknown about the provider.
    var personality: String?
    var faults: String?
    /// `open` or `lookup`.
    var call: String
    var path: String?
    /// Fields as JSON text; null leaves one out.
    var set: [String: String?]?
    /// Sessions that the order has before.
    var sessions_before: Int?
    /// Seconds that the timestamp lies in the past.
    var age: Int64?
    /// `right` unless said otherwise.
    var signature: String?
    var answer: Answer
    /// Nil for what the client cannot ask for.
    var worker: Worker?

    var testDescription: String { rule }

    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/contracts/provider-rules.json")

    /// Every row; none if the file cannot be read, which a test of its own finds.
    static let all = (try? JSONDecoder().decode([ProviderRule].self, from: Data(contentsOf: file))) ?? []
}
