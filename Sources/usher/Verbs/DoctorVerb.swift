import Terminal

enum DoctorVerb {
    static let command = Command("doctor", "soon")

    static func run(_ context: VerbContext) async throws -> ExitCode {
        .success
    }
}
