import Foundation
import Glibc
import Testing

/// Scripts, with programs of the test's own in place of those that they call.
@Suite struct ScriptTests {
    private static let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "scripts")

    /// What could not be built has read nothing, which must not look as if nothing had been found.
    @Test(arguments: [(0, Int32(0)), (1, 70)])
    func fuzzEndsWithAnErrorWhenItCannotBeBuilt(_ build: Int, _ expected: Int32) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "usher-scripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["swift", "dpkg-query", "apt-get"] { try write(name, into: folder, build: build) }
        let process = Process()
        process.executableURL = Self.scripts.appending(path: "fuzz")
        process.arguments = ["--rounds", "1", "--seed", "7"]
        process.environment = ["PATH": "\(folder.path):/usr/local/bin:/usr/bin:/bin"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == expected, "\(text)")
        #expect(text.contains("noise of the test") == (build == 0), "\(text)")
    }

    /// A Swift 6 whose build ends with `build`, and packages that are all installed.
    private func write(_ name: String, into folder: URL, build: Int) throws {
        let text = """
            #!/bin/sh
            case "$(basename "$0") $1" in
              "swift --version") echo "Swift version 6.0" ;;
              "swift build") echo "built"; exit \(build) ;;
              "swift test") echo "noise of the test" ;;
              "dpkg-query "*) echo "ii " ;;
            esac
            """
        let file = folder.appending(path: name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        #expect(chmod(file.path, 0o755) == 0)
    }
}
