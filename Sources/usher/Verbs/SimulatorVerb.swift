import Terminal

enum SimulatorVerb {
    static let command = Command("simulator", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
