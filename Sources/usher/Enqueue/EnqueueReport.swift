import SessionCore
import Terminal

/// What became of an input: counts, bad lines, and where to go on. Pure.
struct EnqueueReport: Equatable, Sendable {
    enum Ending: String, Equatable, Sendable {
        /// Every job to be sent is acknowledged, or nothing was to be sent.
        case done
        /// `--dry-run`.
        case checked
        /// Nothing was sent, because lines are bad.
        case badLines = "bad_lines"
        /// Kafka does not take the records.
        case brokerGone = "broker"
        /// The input is not what was checked any more.
        case inputChanged = "input_changed"
        /// The input could be read once, to check it, but not again to the end.
        case inputUnreadable = "input_unreadable"
        case interrupted
    }

    /// What errors call the input.
    var input: String
    var topic: String
    var lines: CheckedLines
    var ending = Ending.done
    var sent = 0
    var acknowledged = 0
    /// How many records failed, by the reason.
    var failures: [String: Int] = [:]
    /// What reading broke off with, and of which input.
    var inputFault: String?
    /// Everything before this line is acknowledged; nil when there is nothing to go on with.
    var resumeLine: Int?

    var exitCode: ExitCode {
        switch ending {
        case .brokerGone: .unavailable
        case .interrupted: .interrupted
        case .badLines: .invalidData
        case .inputChanged, .inputUnreadable: .ioError
        case .done, .checked: lines.bad == 0 ? .success : .invalidData
        }
    }

    // MARK: For people

    /// Bad lines and repetitions, a line each, for standard error.
    var notes: [String] {
        var notes = lines.badLines.map { bad in
            "\(input):\(bad.line): \(bad.reason): " + (bad.field.map { "\($0): " } ?? "") + bad.detail
        }
        if lines.bad > lines.badLines.count {
            let hidden = lines.bad - lines.badLines.count
            let counts = lines.badByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            let list = counts.map { "\($0.key) \(grouped($0.value))" }.joined(separator: ", ")
            notes.append("… and \(grouped(hidden)) more bad lines; in all: \(list)")
        }
        notes += lines.repetitions.map { repetition in
            "\(input):\(repetition.line): note: the same job as line \(repetition.original); one session, one result"
        }
        if lines.repeated > lines.repetitions.count {
            notes.append("… and \(grouped(lines.repeated - lines.repetitions.count)) more repetitions")
        }
        return notes
    }

    /// The counts and what to do next, for standard output.
    var summary: [String] {
        var summary = ["\(count(lines.read, "line")) read: \(grouped(lines.good)) good, \(grouped(lines.bad)) bad"]
        switch ending {
        case .badLines:
            summary.append("nothing was sent; correct the bad lines, or send the others with --skip-bad")
        case .checked:
            summary.append("nothing was sent: this was a dry run")
        case .done, .brokerGone, .inputChanged, .inputUnreadable, .interrupted:
            let delivery = "\(count(sent, "job")) sent to \(topic), \(grouped(acknowledged)) acknowledged"
            summary.append(delivery)
        }
        if ending == .inputChanged {
            summary.append(
                "\(input) changed while it was being sent: \(grouped(sent)) of \(count(lines.toSend, "job")) were there"
            )
        }
        if let inputFault {
            let part = "\(grouped(sent)) of \(count(lines.toSend, "job"))"
            summary.append("\(inputFault): \(part) could be read a second time")
        }
        for (reason, number) in failures.sorted(by: { $0.key < $1.key }) {
            summary.append("\(count(number, "job")) not acknowledged: \(reason)")
        }
        if let resumeLine {
            summary.append(
                "everything before line \(resumeLine) is acknowledged; go on with: --from-line \(resumeLine)"
            )
            summary.append("(jobs after it that Kafka has already are recognised as duplicates: nothing happens twice)")
        }
        return summary
    }

    private func count(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    // MARK: For programs

    var json: String {
        JSONWriter.object { writer in
            writer.member("ending", ending.rawValue)
            writer.member("topic", topic)
            writer.member("read", lines.read)
            writer.member("good", lines.good)
            writer.member("bad", lines.bad)
            writer.member("repeated", lines.repeated)
            writer.member("sent", sent)
            writer.member("acknowledged", acknowledged)
            writer.member("resume_line", resumeLine.map { Int64($0) })
            writer.member("input_fault", inputFault)
            writer.member("failures", counts: failures)
            writer.member("bad_by_reason", counts: lines.badByReason)
            writer.member("bad_lines", array: lines.badLines) { writer, bad in
                writer.member("line", bad.line)
                writer.member("reason", bad.reason)
                writer.member("field", bad.field)
                writer.member("detail", bad.detail)
                writer.member("order_id", bad.orderID)
            }
        }
    }
}
