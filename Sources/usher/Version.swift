import CLibcurl
import CLibpq
import CLibrdkafka
import COpenSSL

/// What this binary is and what it stands on.
enum Version {
    static var usher: String { "0.1.0" }

    /// librdkafka, libpq, libcurl and OpenSSL as they are loaded, not as they were compiled against.
    static var libraries: [(name: String, version: String)] {
        [
            ("librdkafka", String(cString: rd_kafka_version_str())),
            ("libpq", postgresVersion(PQlibVersion())),
            ("libcurl", String(cString: curl_version()).split(separator: " ").first.map(String.init) ?? ""),
            ("OpenSSL", String(cString: OpenSSL_version(OPENSSL_VERSION))),
        ]
    }

    private static func postgresVersion(_ number: Int32) -> String {
        "\(number / 10_000).\(number % 10_000)"
    }
}
