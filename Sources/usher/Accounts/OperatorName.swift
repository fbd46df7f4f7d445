/// The name of whoever acts, as the audit has it. Pure.
///
/// Verbs run as the user who may read the secrets, which is seldom the person who types them.
struct OperatorName: Equatable {
    /// The longest name that the audit holds, in bytes.
    static let bytesMax = 128
    /// The longest name of a person or a user, in bytes. A claim and a person fit in: only what follows is ever cut.
    static let partMax = 48

    /// Who logged in, as the kernel has it: neither sudo nor su changes that. nil where nobody did, as in a container.
    var login: String?
    /// Who called sudo, as the environment says.
    var sudoer: String?
    /// The user that the process runs as.
    var user: String
    /// Who somebody says to be. Nobody has checked it.
    var claim: String?
    var host: String

    /// `anna@host`, `anna as usher@host`, or `says anna, usher@host`. At most `bytesMax`; the end is cut.
    var text: String {
        let person = login ?? sudoer ?? user
        let known = (person == user ? user : "\(person) as \(user)") + "@\(host)"
        var text = known
        if let claim, claim != person { text = "says \(claim), \(known)" }
        while text.utf8.count > Self.bytesMax { text.removeLast() }
        return text
    }

    /// Whether a text can stand for a person or a user: 1 to 48 bytes, no space at an end, no comma, which ends a
    /// claim, and nothing that steers a terminal or cannot be seen.
    static func isName(_ text: String) -> Bool {
        guard (1...partMax).contains(text.utf8.count), !text.hasPrefix(" "), !text.hasSuffix(" ") else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar != "," && !unfit.contains(scalar.properties.generalCategory)
        }
    }

    private static let unfit: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]

    /// The user's number that `/proc/self/loginuid` holds; nil where nobody logged in.
    static func loginID(_ content: String) -> UInt32? {
        guard let id = UInt32(content.prefix { $0.isASCII && $0.isNumber }), id != .max else { return nil }
        return id
    }
}
