import CLibpq

/// The libpq that is loaded.
package enum PostgresLibrary {
    /// `major.minor`.
    package static var version: String {
        let number = PQlibVersion()
        return "\(number / 10_000).\(number % 10_000)"
    }
}
