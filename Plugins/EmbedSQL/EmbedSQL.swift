import Foundation
import PackagePlugin

/// Turns the files under `sql/` into string literals of the target, so that the binary needs no files beside it.
@main
struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let root = context.package.directoryURL.appending(path: "sql")
        let output = context.pluginWorkDirectoryURL.appending(path: "SQL.swift")
        return [
            .buildCommand(
                displayName: "Embed SQL",
                executable: try context.tool(named: "EmbedSQLTool").url,
                arguments: [output.path, root.path],
                // Folders too: their time changes when a file is added or deleted, which does not run this plugin
                // again. The tool lists the files itself for the same reason.
                inputFiles: [root] + contents(of: root),
                outputFiles: [output]
            )
        ]
    }

    private func contents(of root: URL) -> [URL] {
        let walk = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return (walk?.compactMap { $0 as? URL } ?? []).sorted { $0.path < $1.path }
    }
}
