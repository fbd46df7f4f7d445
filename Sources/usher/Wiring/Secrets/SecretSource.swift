import Cryptography
import Settings

/// A file that holds a secret, and what was seen of it.
struct SecretSource {
    let file: SecretFile
    private var watched = WatchedFile()
    /// What was wrong with the file, and how it looked then.
    private var fault: (stamp: FileStamp, reason: String)?

    init(_ file: SecretFile) {
        self.file = file
    }

    /// What the file holds.
    static func read(_ file: SecretFile) -> Result<Secret, SettingsFileError> {
        Result { () throws(SettingsFileError) in Secret(try file.read()) }
    }

    /// The secret, when it was read now; news when something is to be told.
    mutating func look(
        isForced: Bool,
        _ news: inout [SecretNews],
        read: (SecretFile) -> Result<Secret, SettingsFileError> = SecretSource.read
    ) -> Secret? {
        // Looked at before it is read: what changes in between is seen the next time.
        let stamp = FileStamp(path: file.path)
        guard watched.look(stamp, isForced: isForced) else { return nil }
        switch read(file) {
        case .success(let secret):
            if fault != nil { news.append(.usable(file: file.path)) }
            fault = nil
            return secret
        case .failure(let error):
            // It may be this process that could not read, for want of a descriptor, and not the file that is wrong.
            watched.failed()
            let isTold = fault.map { $0.stamp == stamp && $0.reason == error.reason } ?? false
            if isForced || !isTold { news.append(.unusable(file: file.path, reason: error.reason)) }
            fault = (stamp, error.reason)
            return nil
        }
    }
}
