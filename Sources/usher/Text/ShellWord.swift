/// Words of a command line that a person copies.
enum ShellWord {
    /// The text as one word for a POSIX shell.
    static func quoted(_ text: String) -> String {
        let plain = "-_./:,=@+%"
        let isPlain =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || plain.contains($0)) }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    static func line(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }
}
