import Foundation
import PackagePlugin

@main struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        let root = context.package.directoryURL.appending(path: "sql")
        let files =
            (FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? [])
            .filter { $0.pathExtension == "sql" }.sorted { $0.path < $1.path }
        let out = context.pluginWorkDirectoryURL.appending(path: "SQL.swift")
        return [
            .buildCommand(
                displayName: "embed",
                executable: try context.tool(named: "EmbedSQLTool").url,
                arguments: [out.path] + files.map(\.path),
                inputFiles: files,
                outputFiles: [out]
            )
        ]
    }
}
