import Glibc

/// Ends the build with a message that names the file.
func fail(_ message: String) -> Never {
    let line = Array("error: \(message)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { fail("usage: EmbedSQLTool OUTPUT ROOT") }
let root = arguments[2]
var files: [SQLFile] = []
for path in sqlFiles(under: root) {
    guard let text = contents(of: path) else { fail("\(path): cannot be read, or is not UTF-8") }
    guard let file = SQLFile(path: path, root: root, text: text) else {
        fail("\(path): expected migrations/NNNN_name.sql, session/name.sql or queries/entity/verb.sql in snake_case")
    }
    files.append(file)
}

let generated = Array(GeneratedSQL(files: files).text.utf8)
guard let output = fopen(arguments[1], "w") else { fail("\(arguments[1]): cannot be written") }
guard fwrite(generated, 1, generated.count, output) == generated.count, fclose(output) == 0 else {
    fail("\(arguments[1]): cannot be written")
}
