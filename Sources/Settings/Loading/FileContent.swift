import Glibc

/// Why a file of the settings cannot be used. `reason` says what to do; it holds nothing of the file's content.
package struct SettingsFileError: Error, Equatable, Sendable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "\(path): \(reason)" }
}

/// A file's content with what the file system says of it.
struct FileContent {
    var bytes: [UInt8]
    var rights: FileRights

    /// Reads a regular file of at most `limit` bytes. Content and rights are of the same open file, so that nobody can
    /// put another in its place between the two.
    static func read(_ path: String, limit: Int) throws(SettingsFileError) -> FileContent {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, "cannot be opened", errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be examined", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SettingsFileError(path: path, reason: "is not a regular file")
        }
        guard status.st_size <= limit else {
            throw SettingsFileError(path: path, reason: "is larger than \(SizeText.write(limit))")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw failure(path, "cannot be read", code)
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard bytes.count <= limit else {
            throw SettingsFileError(path: path, reason: "is larger than \(SizeText.write(limit))")
        }
        return FileContent(bytes: bytes, rights: FileRights(mode: status.st_mode & 0o7777, owner: status.st_uid))
    }

    private static func failure(_ path: String, _ what: String, _ code: Int32) -> SettingsFileError {
        let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return SettingsFileError(path: path, reason: "\(what): \(text)")
    }
}

/// Who may do what with a file.
struct FileRights: Equatable {
    /// The permission bits.
    var mode: UInt32
    var owner: UInt32

    /// Why a secret with these rights is not taken, or nil if it is.
    ///
    /// Only the owner may read it, and the owner is this process's user or root. Service managers that run the process
    /// as another user than root (systemd's credentials, secrets of Kubernetes with an `fsGroup`) hand it a file of
    /// root's that its group may read: that is taken too.
    func refusal(user: UInt32, isServiceCredential: Bool) -> String? {
        guard owner == user || owner == 0 else {
            return "belongs to another user (uid \(owner)); make uid \(user) or root its owner"
        }
        let groupMayRead = owner == 0 && (user != 0 || isServiceCredential)
        let allowed: UInt32 = groupMayRead ? 0o740 : 0o700
        guard mode & 0o777 & ~allowed == 0 else {
            let digits = String(mode & 0o777, radix: 8)
            let octal = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
            return "may be read or changed by others than its owner (mode \(octal)); run `chmod 0400` on it"
        }
        return nil
    }
}
