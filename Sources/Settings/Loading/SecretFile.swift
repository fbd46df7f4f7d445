import Glibc

/// The path of a file that holds a secret. The secret itself is never part of the configuration: it is read where it
/// is used, and again when it may have changed.
package struct SecretFile: Equatable, Sendable {
    package let path: String
    /// Whether the file holds one secret on one line; otherwise lines of a format of its own (keys, PEM).
    package let isSingleLine: Bool

    package init(path: String, isSingleLine: Bool = true) {
        self.path = path
        self.isSingleLine = isSingleLine
    }

    /// Checks owner and mode, and reads the content without the one newline that editors leave at its end. At most
    /// 64 KiB.
    package func read() throws(SettingsFileError) -> [UInt8] {
        let content = try FileContent.read(path, limit: 64 << 10)
        if let refusal = content.rights.refusal(user: geteuid(), isServiceCredential: isServiceCredential) {
            throw SettingsFileError(path: path, reason: refusal)
        }
        var bytes = content.bytes
        if bytes.last == 0x0A { bytes.removeLast() }
        if isSingleLine, bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw SettingsFileError(path: path, reason: "is empty") }
        guard !bytes.contains(0) else {
            throw SettingsFileError(path: path, reason: "holds a NUL byte; it must be text")
        }
        guard !isSingleLine || !bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            throw SettingsFileError(path: path, reason: "holds more than one line; put the secret alone into it")
        }
        return bytes
    }

    /// systemd names the folder of the credentials that it hands to this service.
    private var isServiceCredential: Bool {
        guard let folder = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }), folder.hasPrefix("/") else {
            return false
        }
        return path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
}
