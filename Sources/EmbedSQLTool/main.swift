import Foundation

let args = CommandLine.arguments
let out = args[1]
var text = "package enum SQL {\n"
for f in args.dropFirst(2) {
    let s = try String(contentsOfFile: f, encoding: .utf8)
    text += "package static let q = #\"\"\"\n\(s)\n\"\"\"#\n"
}
try (text + "}\n").write(toFile: out, atomically: true, encoding: .utf8)
