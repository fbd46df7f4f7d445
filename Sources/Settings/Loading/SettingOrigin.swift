/// Where a setting's value came from.
package enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
    /// A line of the settings file, counted from 1.
    case file(String, line: Int)
    case variable(String)
    /// A command-line flag, as it was spelt.
    case flag(String)
    /// Nobody set it.
    case fallback

    package var description: String {
        switch self {
        case .file(let name, let line): "\(name):\(line)"
        case .variable(let name): name
        case .flag(let name): name
        case .fallback: "default"
        }
    }
}
