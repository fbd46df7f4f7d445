import Foundation
import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import KafkaTransport

extension BrokerScenarios {
    /// A producer failed for good, and no other can be made for a while.
    @Suite struct NoProducerTests {
        private static let failed = "no new producer could be made"

        private func makeAuthority(_ file: URL) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments =
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
                + ["-subj", "/CN=Test authority", "-keyout", "/dev/null", "-out", file.path]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl made no certificate")
        }

        @Test func whatIsPublishedMeanwhileIsGivenBackAndNotLost() async throws {
            let authority = FileManager.default.temporaryDirectory.appendingPathComponent("\(unique("authority")).pem")
            try makeAuthority(authority)
            defer { try? FileManager.default.removeItem(at: authority) }
            // Nobody listens there; nothing is to arrive.
            var settings = KafkaSettings(bootstrapServers: "127.0.0.1:1")
            settings.security = .tls(authority: authority.path, certificate: nil, key: nil)
            let lines = LogLines()
            let sink = try KafkaResultSink(settings, topic: "results", schema: "1", log: lines.log)
            try FileManager.default.removeItem(at: authority)
            sink.failForTest()
            #expect(await eventually { !lines.containing(Self.failed).isEmpty })
            sink.publish((1...3).map { Self.record($0) })
            // The thread has looked at what was published once it has failed again, twice to be sure.
            let before = lines.containing(Self.failed).count
            #expect(await eventually { lines.containing(Self.failed).count > before + 1 })
            await sink.close(timeout: .zero)
            var tokens: [Int64] = []
            while let acks = await sink.acks() {
                #expect(acks.allSatisfy { $0.failure != nil })
                tokens += acks.map(\.token)
            }
            #expect(tokens.sorted() == [1, 2, 3])
        }

        private static func record(_ number: Int64) -> OutboxRecord {
            let result = EncodedResult(
                resultID: ResultID(bytes: [UInt8](repeating: UInt8(number), count: 16)),
                orderID: "order-\(number)",
                generation: 1,
                outcome: .opened,
                value: [UInt8(number)]
            )
            return OutboxRecord(token: number, result: result, traceparent: nil)
        }
    }
}
