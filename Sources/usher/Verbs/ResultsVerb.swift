import Terminal

enum ResultsVerb {
    static let command = Command("results", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
