import SessionCore
import Terminal

/// `usher version`.
enum VersionVerb {
    static let command = Command(
        "version",
        "print the versions of Usher and of the libraries that it is running with",
        options: [CommandTree.json],
        examples: [CommandExample("usher version --json", "for a support ticket or an inventory")]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        if context.invocation.flag("json") {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("usher", Version.usher)
            for library in Version.libraries { writer.member(named: library.name, library.version) }
            writer.endObject()
            try context.print(String(decoding: writer.bytes, as: UTF8.self))
            return .success
        }
        try context.print("usher \(Version.usher)")
        for library in Version.libraries { try context.print("\(library.name) \(library.version)") }
        return .success
    }
}
