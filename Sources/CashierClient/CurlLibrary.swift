import CLibcurl

/// The libcurl that is loaded.
package enum CurlLibrary {
    /// The first word of what libcurl says of itself, without its name.
    package static var version: String {
        let words = String(cString: curl_version()).split(separator: " ")
        return words.first.map { String($0.drop(while: { $0 != "/" }).dropFirst()) } ?? ""
    }
}
