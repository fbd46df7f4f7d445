import Terminal

enum EnqueueVerb {
    static let command = Command("enqueue", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
