import Terminal

enum ListVerb {
    static let command = Command("list", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
