import Glibc

/// Small reads of files, for the verbs.
enum FileAccess {
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The bytes of a file, or of standard input for `-`. Throws `VerbError` with what to do.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw VerbError.ended("\(path): \(String(cString: strerror(errno)))", .noInput)
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw VerbError.ended("\(path): \(String(cString: strerror(errno)))", .ioError)
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }

    /// Writes a file that only its owner may read.
    static func writePrivate(_ path: String, _ text: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400)
        guard descriptor >= 0 else {
            throw VerbError.ended("\(path): \(String(cString: strerror(errno)))", .cannotCreate)
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw VerbError.ended("\(path): \(String(cString: strerror(errno)))", .ioError)
        }
    }
}
