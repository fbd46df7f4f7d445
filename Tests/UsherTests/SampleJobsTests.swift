import Foundation
import Testing

@testable import usher

/// The program shows its samples where `docs/` is not at hand.
@Suite("The sample jobs")
struct SampleJobsTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/examples/jobs.ndjson")

    @Test("in the program are those of docs/examples/jobs.ndjson, byte for byte")
    func samplesAreTheDocuments() throws {
        #expect(try Array(SampleJobs.text.utf8) == Array(Data(contentsOf: Self.path)))
    }
}
