import Glibc

/// The folder of a throw-away server and the lock that says that its owner lives. The lock goes with the process that
/// holds it, also through a container's wall, where process ids mean nothing.
final class OwnerLock: Sendable {
    private static let parent = "/tmp"
    private static let prefix = "usher-postgres-"
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Makes a folder that only this user may enter. Its path is short, because a socket's path must be.
    static func makeFolder() throws -> (folder: String, lock: OwnerLock) {
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        let folder: String? = template.withUnsafeMutableBufferPointer { template in
            guard let start = template.baseAddress, mkdtemp(start) != nil else { return nil }
            return String(cString: start)
        }
        guard let folder else {
            throw ThrowAwayPostgresError.failed(step: "mkdtemp", detail: String(cString: strerror(errno)))
        }
        // Gets its name once it is locked: a folder with an unlocked `owner` is an abandoned one.
        let descriptor = open("\(folder)/owner.new", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
            rename("\(folder)/owner.new", "\(folder)/owner") == 0
        else {
            throw ThrowAwayPostgresError.failed(step: "lock", detail: String(cString: strerror(errno)))
        }
        return (folder, OwnerLock(descriptor: descriptor))
    }

    /// Deletes folders whose owner and guard were both killed. A server that is left in one ends by itself within a
    /// minute of its files' going.
    static func removeAbandonedFolders() {
        for name in entries(of: parent) where name.hasPrefix(prefix) {
            let folder = "\(parent)/\(name)"
            let descriptor = open("\(folder)/owner", O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { remove(folder) }
        }
    }

    static func remove(_ folder: String) {
        let arguments = ["rm", "-rf", "--", folder]
        // A folder that stays is tried again at the next start.
        guard let child = try? ChildProcess(arguments, environment: [], output: .discard) else { return }
        child.closeInput()
        child.wait()
    }
}

/// Whom the server runs as when we are root.
struct ServerUser {
    let name: String
    let userID: uid_t
    let groupID: gid_t

    static func find() -> ServerUser? {
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return ServerUser(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
        }
        return nil
    }

    /// Begins a command line that runs as this user.
    var prefix: [String] {
        ["setpriv", "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--"]
    }
}
