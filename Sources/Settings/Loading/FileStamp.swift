import Glibc

/// What the file system says of a file without opening it. As long as two looks agree, content, owner and mode are the
/// same; symbolic links are followed, so that a link that was put elsewhere counts as a change.
package struct FileStamp: Equatable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    /// When the content changed, in nanoseconds.
    private let modified: Int64
    /// When anything changed, the mode included, in nanoseconds.
    private let changed: Int64
    /// Why there is nothing to see; 0 if there is.
    private let failure: Int32

    /// Looks at the file once.
    package init(path: String) {
        var status = stat()
        failure = stat(path, &status) == 0 ? 0 : errno
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        size = Int(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
