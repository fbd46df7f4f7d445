import Cryptography
import Logs
import Settings
import Synchronization

/// The password of a login, read from its file again for each login: it can be changed while the process runs.
final class PasswordFile: Sendable {
    /// What a look at the file brought.
    private enum News {
        case none
        case changed
        case unusable(reason: String)
    }

    private struct State {
        var password: Secret
        /// What was wrong with the file when it was read last.
        var fault: String?

        mutating func take(_ found: Result<Secret, SettingsFileError>) -> News {
            switch found {
            case .success(let secret):
                fault = nil
                guard !secret.isSame(as: password) else { return .none }
                password = secret
                return .changed
            case .failure(let error):
                guard fault != error.reason else { return .none }
                fault = error.reason
                return .unusable(reason: error.reason)
            }
        }
    }

    private let file: SecretFile
    private let log: Log
    private let state: Mutex<State>

    /// Reads the file. Throws `SettingsFileError`.
    init(_ file: SecretFile, log: Log) throws(SettingsFileError) {
        self.file = file
        self.log = log
        state = Mutex(State(password: Secret(try file.read())))
    }

    /// What the file holds now; while it cannot be used, what it held before, and each fault is told once. Blocks for
    /// as long as reading a small file takes.
    func current() -> Secret {
        let found: Result<Secret, SettingsFileError>
        do throws(SettingsFileError) {
            found = .success(Secret(try file.read()))
        } catch {
            found = .failure(error)
        }
        let (password, news) = state.withLock { state in
            let news = state.take(found)
            return (state.password, news)
        }
        tell(news)
        return password
    }

    private func tell(_ news: News) {
        switch news {
        case .none: break
        case .changed: log.notice("a password changed: what comes next uses the new one", [.file: .text(file.path)])
        case .unusable(let reason):
            log.warning(
                "a password file cannot be used; the password before stays in use",
                [.file: .text(file.path), .reason: .text(reason)]
            )
        }
    }
}
