import Glibc
import Testing

@testable import Settings

/// The least that a settings file must say.
let leastFile = """
    kafka:
      bootstrap_servers: [kafka.example.net:9093]
    postgres:
      host: database.example.net
    keys:
      file: /run/credentials/usher/keys
    accounts:
      main:
        endpoint: https://cashier.example.net/cashier/virtual-terminal
        merchant_id: Merchant
        application_key: Application
        secret_file: /run/credentials/usher/secret
    """

/// Loads without looking for files, unless told otherwise.
func load(
    _ text: String? = leastFile,
    environment: [String: String] = [:],
    flags: [String] = [],
    checksFiles: Bool = false,
    providerFile: String = ""
) throws -> LoadedSettings {
    var sources = SettingsSources(
        file: text.map { ("usher.yaml", Array($0.utf8)) },
        environment: environment,
        overrides: try flags.map { try SettingOverride(assignment: $0) }
    )
    sources.readProviderFile = { _ in .success(Array(providerFile.utf8)) }
    return try SettingsLoader.load(sources, checksFiles: checksFiles)
}

/// What loading complains about, a line a problem.
func problems(
    _ text: String? = leastFile,
    environment: [String: String] = [:],
    flags: [String] = [],
    checksFiles: Bool = false,
    providerFile: String = ""
) -> [String] {
    do {
        _ = try load(
            text,
            environment: environment,
            flags: flags,
            checksFiles: checksFiles,
            providerFile: providerFile
        )
        return []
    } catch let error as SettingsError {
        return error.problems.map(\.description)
    } catch {
        Issue.record("loading threw something else than SettingsError: \(error)")
        return []
    }
}

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/usher-settings-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? ""
        precondition(!path.isEmpty, "mkdtemp failed")
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] = []

    /// Writes a file and gives it `mode`; returns its path.
    func write(_ name: String, _ content: String, mode: mode_t) -> String {
        names.append(name)
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "cannot write \(file)")
        let bytes = Array(content.utf8)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        precondition(fchmod(descriptor, mode) == 0)
        close(descriptor)
        return file
    }
}

/// The root of the repository.
let repository = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
}()

/// The text of a file of the repository.
func repositoryText(_ path: String) throws -> String {
    String(decoding: try FileContent.read("\(repository)/\(path)", limit: 1 << 20).bytes, as: UTF8.self)
}
