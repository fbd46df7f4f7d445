/// What the process was started with.
package enum ProcessSurroundings {
    /// The environment at the start of the process, read from the kernel. Throws when the kernel does not tell: call it
    /// before the process forbids dumps of itself, which closes `/proc/self/environ` to it.
    package static func environment() throws(SettingsError) -> [String: String] {
        let content = try bytes(of: "/proc/self/environ", limit: 4 << 20)
        var variables: [String: String] = [:]
        for entry in content.split(separator: 0 as UInt8) {
            let parts = entry.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            variables[String(decoding: parts[0], as: UTF8.self)] = String(decoding: parts[1], as: UTF8.self)
        }
        return variables
    }

    /// Reads the settings file at `path`; the result goes into `SettingsSources`.
    package static func settingsFile(_ path: String) throws(SettingsError) -> (name: String, bytes: [UInt8]) {
        (path, try bytes(of: path, limit: YAMLReader.bytesMax))
    }

    private static func bytes(of path: String, limit: Int) throws(SettingsError) -> [UInt8] {
        do throws(SettingsFileError) {
            return try FileContent.read(path, limit: limit).bytes
        } catch {
            throw SettingsError(problems: [SettingProblem(key: "", origin: nil, message: error.description)])
        }
    }
}
