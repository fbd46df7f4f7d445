import Glibc
import SessionCore
import Settings
import Terminal

/// The file that a settings file includes by `accounts.<name>.provider_file`. Pure.
struct ProviderFileText: Equatable, Sendable {
    /// How a file of a probe's begins: another one is not overwritten.
    static let mark = "# Made by `usher account probe`"

    var account: String
    var host: String
    var probedAt: Timestamp
    var profile: ProviderProfile
    var asked: [ProbeQuestion]

    var text: String {
        let day = String(probedAt.rfc3339.prefix(19)) + "Z"
        let numbers = asked.map { String($0.rawValue) }.joined(separator: ", ")
        var lines = [
            "\(Self.mark) \(account).",
            "# `accounts.\(account).provider_file` names it; what the settings file itself says wins over it.",
            "# Questions asked: \(numbers).",
            "",
            "probed_at: \(day)",
            "probed_host: \"\(host)\"",
        ]
        if let providerClass = profile.providerClass {
            lines += [
                "", "# \(providerClass.rawValue): \(providerClass.meaning).",
                "provider_class: \(providerClass.rawValue)",
            ]
        }
        for name in ProviderFile.names {
            guard let setting = profile.settings.first(where: { $0.key == name }) else { continue }
            lines += ["", "# \(setting.reason)", "\(setting.key): \(setting.value)"]
        }
        for problem in profile.problems { lines += ["", "# Problem: \(problem)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes the file whole or not at all; one that a probe did not make is left alone. Throws `VerbError`.
    func write(to path: String) throws {
        if FileAccess.exists(path) {
            let old = String(decoding: try FileAccess.read(path).prefix(Self.mark.utf8.count), as: UTF8.self)
            guard old == Self.mark else {
                throw VerbError.ended(
                    "\(path) was not made by a probe, so it is left as it is; name another",
                    .cannotCreate
                )
            }
        }
        let temporary = "\(path).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let failure = Self.failure(path)
        close(descriptor)
        guard isWritten else {
            unlink(temporary)
            throw failure
        }
        guard rename(temporary, path) == 0 else {
            let failure = Self.failure(path)
            unlink(temporary)
            throw failure
        }
    }

    private static func failure(_ path: String) -> VerbError {
        .ended("\(path): \(String(cString: strerror(errno)))", .cannotCreate)
    }
}
