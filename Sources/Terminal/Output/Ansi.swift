/// Colours for a terminal, or none.
package struct Ansi: Equatable, Sendable {
    package enum Style: Int, CaseIterable, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
    }

    package var isEnabled: Bool

    package init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }

    /// Colours only on a terminal that can show them, and not where someone asked for none (no-color.org).
    package init(isTerminal: Bool, environment: [String: String]) {
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isEnabled = isTerminal && !isRefused && environment["TERM"] != "dumb"
    }

    /// `text` in a style; as it is when colours are off. Give it text that is already aligned: the codes have no width.
    package func callAsFunction(_ style: Style, _ text: String) -> String {
        isEnabled ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
