import KafkaTransport
import SessionCore

/// The lines of a file of jobs, as they are, with what a look at each tells.
struct SampleJobs {
    struct Line {
        var number: Int
        var value: [UInt8]
        /// nil for a line that cannot be read as a job.
        var job: Job?
        var refusal: JobRefusal?
    }

    let lines: [Line]

    /// Empty lines are skipped.
    init(ndjson: [UInt8], rules: JobRules) {
        let codec = JobCodec(rules: rules)
        var number = 0
        lines = ndjson.split(separator: 0x0A, omittingEmptySubsequences: false).compactMap { slice in
            number += 1
            let value = Array(slice.last == 0x0D ? slice.dropLast() : slice)
            guard value.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
            return Self.line(number, value, codec)
        }
    }

    private static func line(_ number: Int, _ value: [UInt8], _ codec: JobCodec) -> Line {
        do {
            return Line(number: number, value: value, job: try codec.decode(newValue: value))
        } catch {
            return Line(number: number, value: value, refusal: error)
        }
    }
}
