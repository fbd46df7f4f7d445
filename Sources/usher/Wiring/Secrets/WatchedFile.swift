import Settings

/// When a file that may change is to be read. Pure; looks at the file are handed in.
///
/// A change is read at the look after the one that saw it, if nothing has moved since: whoever writes a file in place
/// empties it first, and a clock of the file system that stands still for some milliseconds hides a second change.
struct WatchedFile {
    /// Of the content that was read last; nil before the first look.
    private var read: FileStamp?
    /// Of a change that may not be over yet.
    private var seen: FileStamp?

    /// Whether to read now.
    ///
    /// - Parameter isForced: somebody asks for it. The next look then makes sure that it was not too early.
    mutating func look(_ stamp: FileStamp, isForced: Bool) -> Bool {
        if isForced {
            read = nil
            seen = stamp
            return true
        }
        if stamp == read {
            seen = nil
            return false
        }
        guard stamp == seen else {
            seen = stamp
            return false
        }
        read = stamp
        seen = nil
        return true
    }

    /// What `look` had read could not be: it is to be read again at the next look, changed or not.
    mutating func failed() {
        seen = read ?? seen
        read = nil
    }
}
