/// How many columns text takes on a terminal. An estimate by ranges of Unicode: terminals themselves differ on emoji.
package enum DisplayWidth {
    package static func of(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// 0 for marks that sit on the letter before, 2 for wide letters, else 1.
    static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text cut to `width` columns, with `…` in the place of what was cut.
    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        guard width > 0 else { return "" }
        var kept = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            let columns = columns(of: scalar)
            guard used + columns <= width - 1 else { break }
            kept.append(scalar)
            used += columns
        }
        return String(kept) + "…"
    }
}

extension Unicode.Scalar {
    /// Whether a terminal might act on it: a control character, or a mark that ends a line or turns the direction of
    /// writing.
    package var actsOnTerminals: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        case _: false
        }
    }
}

/// Text without anything that a terminal might act on: each such character becomes `?`.
package func printable(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in scalar.actsOnTerminals ? "?" : scalar }
    return String(String.UnicodeScalarView(scalars))
}
