import SessionCore

/// What a check of the whole input found. Pure.
struct CheckedLines: Equatable, Sendable {
    /// A line whose job is the same, to the byte, as that of an earlier one.
    struct Repetition: Equatable, Sendable {
        var line: Int
        var original: Int
    }

    /// How many bad lines, and how many repetitions, are told one by one.
    static let shownMax = 100

    /// The line from which on jobs are to be sent.
    let first: Int
    /// The last line that is not empty.
    private(set) var last = 0
    /// Lines that are not empty.
    private(set) var read = 0
    private(set) var bad = 0
    private(set) var repeated = 0
    /// Good lines from `first` on.
    private(set) var toSend = 0
    /// Those that name a campaign.
    private(set) var toSendOfCampaigns = 0
    /// The first of them.
    private(set) var badLines: [BadLine] = []
    private(set) var repetitions: [Repetition] = []
    private(set) var badByReason: [String: Int] = [:]

    init(first: Int = 1) {
        self.first = first
    }

    var good: Int { read - bad }

    mutating func note(_ line: Int, _ verdict: LineCheck.Verdict) {
        read += 1
        last = line
        switch verdict {
        case .good(let job):
            countToSend(job, line)
        case .repeated(let job, let original):
            countToSend(job, line)
            repeated += 1
            if repetitions.count < Self.shownMax { repetitions.append(Repetition(line: line, original: original)) }
        case .bad(let line):
            bad += 1
            badByReason[line.reason, default: 0] += 1
            if badLines.count < Self.shownMax { badLines.append(line) }
        }
    }

    private mutating func countToSend(_ job: Job, _ line: Int) {
        guard line >= first else { return }
        toSend += 1
        if job.campaign != nil { toSendOfCampaigns += 1 }
    }
}
