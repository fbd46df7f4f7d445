import Testing

#if canImport(Glibc)
import Glibc
#endif

/// The files under `docs`, as they are in this checkout.
enum ContractFiles {
    /// The whole file. Records an issue and returns nothing if it cannot be read.
    static func bytes(_ path: String) -> [UInt8] {
        let root = #filePath.components(before: "/Tests/")
        guard let file = fopen("\(root)/docs/\(path)", "rb") else {
            Issue.record("cannot open docs/\(path)")
            return []
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }

    static func text(_ path: String) -> String {
        String(decoding: bytes(path), as: UTF8.self)
    }

    static func tree(_ path: String) throws -> JSONTree {
        try JSONTree(bytes(path))
    }
}

extension String {
    fileprivate func components(before separator: String) -> String {
        ranges(of: separator).last.map { String(self[..<$0.lowerBound]) } ?? self
    }
}
