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
        /// Kafka does not take the records, or nobody answers.
        case brokerGone = "broker"
        /// The input is not what was checked any more.
        case inputChanged = "input_changed"
        /// All that was checked is acknowledged, and the input has more lines by now.
        case inputGrown = "input_grown"
        /// The input could be read once, to check it, but not again to the end.
        case inputUnreadable = "input_unreadable"
        case interrupted
    }

    /// What goes to one topic and one lane.
    struct Share: Equatable, Sendable {
        var topic: String
        var lane: Lane
        var toSend: Int
        var sent: Int
    }

    /// What errors call the input.
    var input: String
    var topics: TopicChoice
    var lines: CheckedLines
    var ending = Ending.done
    var sent = 0
    /// Those of them that name a campaign.
    var sentOfCampaigns = 0
    var acknowledged = 0
    /// How many records failed, by the reason.
    var failures: [String: Int] = [:]
    /// What reading broke off with, and of which input.
    var inputFault: String?
    /// Everything before this line is acknowledged; nil when there is nothing to go on with.
    var resumeLine: Int?

    var exitCode: ExitCode {
        switch ending {
        case .brokerGone: AckFailures.haveRefusal(failures) ? .noPermission : .unavailable
        case .interrupted: .interrupted
        case .badLines: .invalidData
        case .inputChanged, .inputGrown, .inputUnreadable: .ioError
        case .done, .checked: lines.bad == 0 ? .success : .invalidData
        }
    }

    /// Agents' jobs before campaigns'; only where there are any.
    var shares: [Share] {
        var shares: [Share] = []
        for isOfCampaign in [false, true] {
            let share = Share(
                topic: topics.topic(isOfCampaign: isOfCampaign).name,
                lane: topics.lane(isOfCampaign: isOfCampaign),
                toSend: isOfCampaign ? lines.toSendOfCampaigns : lines.toSend - lines.toSendOfCampaigns,
                sent: isOfCampaign ? sentOfCampaigns : sent - sentOfCampaigns
            )
            if share.toSend == 0, share.sent == 0 { continue }
            if let known = shares.firstIndex(where: { $0.topic == share.topic && $0.lane == share.lane }) {
                shares[known].toSend += share.toSend
                shares[known].sent += share.sent
            } else {
                shares.append(share)
            }
        }
        return shares
    }

    // MARK: For people

    /// That campaigns go where agents' jobs go, for standard error; nil where they do not.
    var warning: String? {
        let topic = topics.campaigns
        guard lines.toSendOfCampaigns > 0, topic.lane == .interactive else { return nil }
        let jobs = "\(OrderWords.counted(lines.toSendOfCampaigns, "job")) of campaigns"
        let advice = topics.isAskedFor ? "" : "; give campaigns a topic of their own in kafka.jobs_topics"
        return "note: \(jobs) for \(topic.name), a topic of agents: agents wait behind them" + advice
    }

    /// What is about to be sent where, for standard error; nil where there is one topic to send to.
    var plan: String? {
        topics.isOneTopic ? nil : "sending \(list(\.toSend))"
    }

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
        let read = OrderWords.counted(lines.read, "line")
        let toSend = OrderWords.counted(lines.toSend, "job")
        var summary = ["\(read) read: \(grouped(lines.good)) good, \(grouped(lines.bad)) bad"]
        switch ending {
        case .badLines:
            summary.append("nothing was sent; correct the bad lines, or send the others with --skip-bad")
        case .checked:
            summary.append("nothing was sent: this was a dry run")
            if !topics.isOneTopic, lines.toSend > 0 { summary.append("to be sent: \(list(\.toSend))") }
        case .done, .brokerGone, .inputChanged, .inputGrown, .inputUnreadable, .interrupted:
            summary.append(delivery)
        }
        if ending == .inputChanged {
            summary.append(
                "\(input) changed while it was being sent: \(grouped(sent)) of \(toSend) were there"
            )
        }
        if ending == .inputGrown, let resumeLine {
            summary.append("\(input) has grown since it was checked: lines from \(resumeLine) on are no part of this")
        }
        if let inputFault {
            summary.append("\(inputFault): \(grouped(sent)) of \(toSend) could be read a second time")
        }
        for (reason, number) in failures.sorted(by: { $0.key < $1.key }) {
            summary.append("\(OrderWords.counted(number, "job")) not acknowledged: \(reason)")
        }
        if let resumeLine {
            summary.append(
                "everything before line \(resumeLine) is acknowledged; go on with: --from-line \(resumeLine)"
            )
            summary.append("(jobs after it that Kafka has already are recognised as duplicates: nothing happens twice)")
        }
        return summary
    }

    private var delivery: String {
        let jobs = "\(OrderWords.counted(sent, "job")) sent"
        let taken = "\(grouped(acknowledged)) acknowledged"
        if topics.isOneTopic { return "\(jobs) to \(topics.agents.name), \(taken)" }
        return sent == 0 ? "\(jobs), \(taken)" : "\(jobs): \(list(\.sent)); \(taken)"
    }

    /// `3 to vt.session.jobs (lane interactive), 5 to vt.session.jobs.bulk (lane campaign)`
    private func list(_ number: KeyPath<Share, Int>) -> String {
        shares.map { "\(grouped($0[keyPath: number])) to \($0.topic) (lane \($0.lane.name))" }
            .joined(separator: ", ")
    }

    // MARK: For programs

    var json: String {
        JSONWriter.object { writer in
            writer.member("ending", ending.rawValue)
            writer.member("topic", shares.first?.topic ?? topics.agents.name)
            writer.member("topics", array: shares) { writer, share in
                writer.member("topic", share.topic)
                writer.member("lane", share.lane.name)
                writer.member("to_send", share.toSend)
                writer.member("sent", share.sent)
            }
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
