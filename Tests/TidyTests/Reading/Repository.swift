import Glibc

/// The text files of the repository, by paths relative to its root.
struct Repository {
    var files: [TextFile]

    init(_ files: [TextFile]) {
        self.files = files.sorted { $0.path < $1.path }
    }

    /// For tests of rules: paths and their content.
    init(_ files: KeyValuePairs<String, String>) {
        self.init(files.map { TextFile(path: $0.key, text: $0.value) })
    }

    /// Reads every text file below `root`, without what git ignores.
    init(root: String) {
        self.init(Self.paths(below: root, "").compactMap { TextFile(root: root, path: $0) })
    }

    /// The repository that this test stands in.
    static let own = Repository(root: "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/"))

    func file(_ path: String) -> TextFile? {
        files.first { $0.path == path }
    }

    /// Files whose path begins with one of `folders` and ends with `.suffix`.
    func files(in folders: [String], _ suffix: String) -> [TextFile] {
        files.filter { file in
            file.path.hasSuffix("." + suffix) && folders.contains { file.path.hasPrefix($0 + "/") }
        }
    }

    private static let ignored: Set<String> = [".", "..", ".git", ".build", ".swiftpm", "tmp"]

    private static func paths(below root: String, _ folder: String) -> [String] {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var paths: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if ignored.contains(name) { continue }
            let child = folder.isEmpty ? name : "\(folder)/\(name)"
            var status = stat()
            guard lstat("\(root)/\(child)", &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: paths += Self.paths(below: root, child)
            case S_IFREG: paths.append(child)
            default: continue
            }
        }
        return paths
    }
}

/// A file with its lines.
struct TextFile {
    let path: String
    let text: String
    let lines: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// nil for files that cannot be read or are no text.
    init?(root: String, path: String) {
        guard let file = fopen("\(root)/\(path)", "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.init(path: path, text: text)
    }

    /// `Sources/Worker/Intake.swift` → `Worker`.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && (parts[0] == "Sources" || parts[0] == "Tests") ? String(parts[1]) : nil
    }
}
