import COpenSSL

/// The OpenSSL that is loaded.
package enum CryptographyLibrary {
    /// The version without the name and the date.
    package static var version: String {
        let words = String(cString: OpenSSL_version(OPENSSL_VERSION)).split(separator: " ")
        return words.count > 1 ? String(words[1]) : ""
    }
}
