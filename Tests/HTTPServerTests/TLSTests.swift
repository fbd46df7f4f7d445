import Cryptography
import Foundation
import HTTPServer
import Testing

/// OpenSSL's command line is the other side: its certificates, its client.
@Suite struct TLSTests {
    /// A folder with `ca.pem`, and `server.pem` with `server.key` for localhost.
    private final class Certificates {
        let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("usher-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for name in ["server", "other"] {
                _ = try openssl(
                    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                        + ["-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost"]
                        + ["-keyout", "\(name).key", "-out", "\(name).pem"]
                )
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

        func openssl(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = folder
            let (input, bytes) = (Pipe(), Data(input.utf8))
            let output = Pipe()
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            input.fileHandleForWriting.write(bytes)
            if bytes.isEmpty { try input.fileHandleForWriting.close() }
            let told = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: told, as: UTF8.self))
        }
    }

    @Test(arguments: [["-tls1_2"], ["-tls1_3"]]) func itsCertificateIsShownAndRequestsAreAnswered(_ version: [String])
        throws
    {
        let certificates = try Certificates()
        let context = try TLSServerContext(
            certificateFile: certificates.path("server.pem"),
            keyFile: certificates.path("server.key")
        )
        let limits = HTTPLimits(connectionsMax: 10)
        let server = try HTTPServer(
            name: "test",
            host: "127.0.0.1",
            port: 0,
            limits: limits,
            tls: context,
            handler: EchoHandler()
        )
        // More than one TLS record of requests at once, so that some wait inside of TLS.
        let many = (0..<400).map { "GET /\($0) HTTP/1.1\r\nX: \(String(repeating: "x", count: 100))\r\n\r\n" }.joined()
        let (status, output) = try certificates.openssl(
            ["s_client", "-connect", "127.0.0.1:\(server.port)", "-servername", "localhost", "-quiet"]
                + ["-verify_return_error", "-verify_hostname", "localhost", "-CAfile", "server.pem"] + version,
            input: many + "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"
        )
        #expect(status == 0)
        #expect(output.hasSuffix("\r\n\r\n/last"))
        #expect(output.split(separator: "HTTP/1.1 200 OK").count == 401)
    }

    /// Empty lines mean nothing and get no answer: their sender never has to wait.
    @Test func whoSendsWithoutPauseKeepsNobodyWaiting() throws {
        let certificates = try Certificates()
        let context = try TLSServerContext(
            certificateFile: certificates.path("server.pem"),
            keyFile: certificates.path("server.key")
        )
        let handler = OrderHandler()
        let server = try HTTPServer(
            name: "test",
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(connectionsMax: 10),
            tls: context,
            handler: handler
        )
        let address = "127.0.0.1:\(server.port)"
        let flood = Process()
        flood.executableURL = URL(fileURLWithPath: "/bin/sh")
        let lines = "printf 'GET /flood HTTP/1.1\\r\\n\\r\\n'; yes \"$(printf '\\r')\""
        flood.arguments = ["-c", "(\(lines)) | timeout 20 /usr/bin/openssl s_client -connect \(address) -quiet"]
        flood.standardInput = FileHandle.nullDevice
        flood.standardOutput = FileHandle.nullDevice
        flood.standardError = FileHandle.nullDevice
        try flood.run()
        #expect(becomesTrue { handler.asked == ["/flood"] })
        let other = try certificates.openssl(
            ["s_client", "-connect", address, "-quiet"],
            input: "GET /other HTTP/1.1\r\nConnection: close\r\n\r\n"
        )
        #expect(other.output.hasSuffix("/other"))
        #expect(flood.isRunning, "the other was answered meanwhile")
        let start = ContinuousClock.now
        server.stop(grace: .seconds(1))
        #expect(ContinuousClock.now - start < .seconds(5))
        flood.waitUntilExit()
    }

    @Test func plainTextAndOldVersionsGetNoAnswer() throws {
        let certificates = try Certificates()
        let context = try TLSServerContext(
            certificateFile: certificates.path("server.pem"),
            keyFile: certificates.path("server.key")
        )
        let server = try HTTPServer(
            name: "test",
            host: "127.0.0.1",
            port: 0,
            limits: HTTPLimits(connectionsMax: 10),
            tls: context,
            handler: EchoHandler()
        )
        let client = try #require(PlainClient(port: server.port))
        client.send("GET / HTTP/1.1\r\n\r\n")
        #expect(!client.receive().contains("HTTP/1.1"))
        let old = try certificates.openssl(
            ["s_client", "-connect", "127.0.0.1:\(server.port)", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet"],
            input: "GET / HTTP/1.1\r\n\r\n"
        )
        #expect(!old.output.contains("HTTP/1.1"))
    }

    @Test func filesThatDoNotServeAreNamed() throws {
        let certificates = try Certificates()
        let (good, key, none) = (
            certificates.path("server.pem"), certificates.path("server.key"), certificates.path("none")
        )
        #expect(throws: TLSFileError.certificate(path: none)) {
            try TLSServerContext(certificateFile: none, keyFile: key)
        }
        #expect(throws: TLSFileError.key(path: none)) { try TLSServerContext(certificateFile: good, keyFile: none) }
        let other = certificates.path("other.key")
        #expect(throws: TLSFileError.mismatch(certificate: good, key: other)) {
            try TLSServerContext(certificateFile: good, keyFile: other)
        }
    }
}
