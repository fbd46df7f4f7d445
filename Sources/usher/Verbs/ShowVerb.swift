import Terminal

enum ShowVerb {
    static let command = Command("show", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
