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
        let ending = try bash(
            [Self.scripts.appending(path: "fuzz").path, "--rounds", "1", "--seed", "7"],
            with: ["swift", "dpkg-query", "apt-get"],
            """
            case "$(basename "$0") $1" in
              "swift --version") echo "Swift version 6.0" ;;
              "swift build") echo "built"; exit \(build) ;;
              "swift test") echo "noise of the test" ;;
              "dpkg-query "*) echo "ii " ;;
            esac
            """
        )
        #expect(ending.code == expected, "\(ending.text)")
        #expect(ending.text.contains("noise of the test") == (build == 0), "\(ending.text)")
    }

    /// A lock that someone else has is waited for; whatever else goes wrong ends the script, and is told.
    @Test(arguments: [
        ("E: Could not get lock /var/lib/apt/lists/lock.", 600, Int32(0)),
        ("E: Could not get lock /var/lib/apt/lists/lock.", 0, 69),
        ("E: The repository does not have a Release file.", 600, 69),
    ])
    func whatKeepsPackagesFromBeingInstalledIsTold(_ fault: String, _ patience: Int, _ expected: Int32) throws {
        let ending = try setUp(
            "usher_apt_patience=\(patience); need_packages thing",
            with: ["id", "dpkg-query", "apt-get", "sleep"],
            """
            case "$(basename "$0")" in
              id) echo 0 ;;
              apt-get) [ -e "$FOLDER/tried" ] || { touch "$FOLDER/tried"; echo "\(fault)"; exit 100; } ;;
            esac
            """
        )
        #expect(ending.code == expected, "\(ending.text)")
        #expect(ending.text.contains(fault) == (expected != 0), "\(ending.text)")
        #expect(ending.text.contains("waiting for it") == (expected == 0), "\(ending.text)")
    }

    @Test(arguments: [
        ("echo 'error while loading shared libraries: libncurses.so.6' >&2; exit 127", "shared libraries"),
        ("echo 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'", "5.10.1-RELEASE) is too old"),
    ])
    func aSwiftThatDoesNotDoIsTold(_ program: String, _ words: String) throws {
        let ending = try setUp("need_swift scripts/demo", with: ["swift"], program)
        #expect(ending.code == 69, "\(ending.text)")
        #expect(ending.text.contains(words), "\(ending.text)")
        #expect(ending.text.contains("Usher needs Swift 6.0 or newer"), "\(ending.text)")
    }

    /// Debian would start the cluster that it makes, and what an administrator has written stays.
    @Test(arguments: [("#create_main_cluster = true", true), ("create_main_cluster = true", false)])
    func postgresIsInstalledWithoutACluster(_ line: String, _ isSaid: Bool) throws {
        let twice = "no_main_cluster \"$FOLDER\"; no_main_cluster \"$FOLDER\""
        let ending = try setUp(
            "cd \"$FOLDER\"; echo '\(line)' >createcluster.conf; \(twice); cat createcluster.conf createcluster.d/*",
            with: ["id"],
            "echo 0"
        )
        #expect(ending.text.hasPrefix(line + "\n"), "\(ending.text)")
        #expect(ending.text.contains("\ncreate_main_cluster = false\n") == isSaid, "\(ending.text)")
    }

    /// The program runs in the repository's folder, but a person's paths begin where the person stands.
    @Test(arguments: [("--jobs jobs", Int32(0)), ("--jobs=jobs", 0), ("--jobs nothing", 66)])
    func theDemonstrationFindsTheJobsOfWhoeverStartsIt(_ words: String, _ expected: Int32) throws {
        let demo = Self.scripts.appending(path: "demo").path
        let ending = try bash(
            ["-c", "cd \"$FOLDER\" && echo 'a job' >jobs && exec \"$0\" \(words)", demo],
            with: ["swift", "dpkg-query", "apt-get", "usher"],
            """
            case "$(basename "$0") $1 $2" in
              "swift --version "*) echo "Swift version 6.0" ;;
              "swift build --show-bin-path") echo "$FOLDER" ;;
              "dpkg-query "*) echo "ii " ;;
              "usher dev --jobs") cat "$3" ;;
              "usher dev --jobs="*) cat "${2#--jobs=}" ;;
            esac
            """
        )
        #expect(ending.code == expected, "\(ending.text)")
        #expect(ending.text.hasSuffix("\na job\n") == (expected == 0), "\(ending.text)")
        #expect(ending.text.contains("building") == (expected == 0), "\(ending.text)")
    }

    private struct Ending {
        var code: Int32
        var text: String
    }

    /// Runs `commands` with what scripts/setup.sh defines.
    private func setUp(_ commands: String, with names: [String], _ programs: String) throws -> Ending {
        let setup = Self.scripts.appending(path: "setup.sh").path
        return try bash(["-c", "set -euo pipefail; . \"$0\"; \(commands)", setup], with: names, programs)
    }

    /// Runs bash, for which `programs` is each program of `names`. They share a folder, `FOLDER`.
    private func bash(_ arguments: [String], with names: [String], _ programs: String) throws -> Ending {
        let folder = FileManager.default.temporaryDirectory.appending(path: "usher-scripts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names {
            let file = folder.appending(path: name)
            try "#!/bin/sh\n\(programs)\n".write(to: file, atomically: true, encoding: .utf8)
            #expect(chmod(file.path, 0o755) == 0)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = arguments
        process.environment = ["PATH": "\(folder.path):/usr/local/bin:/usr/bin:/bin", "FOLDER": folder.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Ending(code: process.terminationStatus, text: text)
    }
}
