import Glibc

/// Where PostgreSQL's server programs are installed.
struct PostgresPrograms: Equatable {
    let folder: String

    /// The newest version under `/usr/lib/postgresql`, where Debian puts them, else the first in `PATH`; nil if there
    /// is none.
    static func find() -> PostgresPrograms? {
        let root = "/usr/lib/postgresql"
        let versions = entries(of: root).compactMap { Int($0) }.sorted(by: >)
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = versions.map { "\(root)/\($0)/bin" } + path.split(separator: ":").map(String.init)
        return folders.map(PostgresPrograms.init).first { programs in
            ["initdb", "postgres", "createdb"].allSatisfy { access(programs.path($0), X_OK) == 0 }
        }
    }

    func path(_ program: String) -> String {
        "\(folder)/\(program)"
    }
}

/// The names in a folder; none if it cannot be read.
func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}
