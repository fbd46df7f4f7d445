/// `deploy/usher.example.yaml`, made from the list of settings: what must be set is live, what has a default is a
/// comment that shows it. Headings of sections are live, so that taking one comment sign away sets one setting.
package enum ExampleFile {
    package static var text: String {
        var lines = introduction.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var open: [String] = []
        for key in SettingKey.all {
            if key.path == "kafka.jobs_topics" {
                lines += [""] + comment(key.summary, indent: 1) + topics
                continue
            }
            if key.path.contains("[]") { continue }
            let segments = key.path.replacing(accountName, with: "main").split(separator: ".").map(String.init)
            let sections = Array(segments.dropLast())
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            lines.append("")
            for depth in shared..<max(shared, sections.count) {
                if depth == 0, let heading = headings[sections[0]] { lines += comment(heading, indent: 0) }
                lines.append(String(repeating: "  ", count: depth) + sections[depth] + ":")
            }
            open = sections
            lines += setting(key, name: segments[segments.count - 1], indent: sections.count)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let accountName = "<name>"

    private static func setting(_ key: SettingKey, name: String, indent: Int) -> [String] {
        let space = String(repeating: "  ", count: indent)
        switch key.presence {
        case .required: return comment(key.summary, indent: indent) + ["\(space)\(name): \(key.example)"]
        case .fallback(let text): return comment(key.summary, indent: indent) + ["\(space)# \(name): \(text)"]
        case .absent(let meaning):
            return comment(key.summary + " Not set: \(meaning).", indent: indent)
                + ["\(space)# \(name): \(key.example)"]
        }
    }

    /// The one list of mappings is better shown than described.
    private static let topics = [
        "  # A lane is interactive, campaign, or auto (by the job's `campaign` field).",
        "  # The cap counts unfinished jobs of the topic; at the cap the topic is paused.",
        "  # jobs_topics:",
        "  #   - name: vt.session.jobs",
        "  #     lane: auto",
        "  #     backlog_max: 5_000_000",
    ]

    private static func comment(_ text: String, indent: Int) -> [String] {
        let space = String(repeating: "  ", count: indent)
        return Wrapping.lines(of: text, width: 116 - space.utf8.count).map { "\(space)# \($0)" }
    }

    private static let introduction = """
        # Settings of Usher. Every setting is here: those without a default are live, the others are comments that show
        # the default or an example. `usher doctor` says what holds and where it came from; docs/CONFIG.md has the whole
        # table.
        #
        # Each setting can also be an environment variable (retry.fast.base is USHER_RETRY_FAST_BASE) or a flag
        # (--set retry.fast.base=1s). Flags win over variables, variables over this file.
        #
        # Durations have a unit: 250ms, 5s, 10m, 24h, 7d. Secrets stand in files of their own, mode 0400.
        """

    private static let headings = [
        "kafka": "Where jobs come from and where results go.",
        "postgres": "The database, PostgreSQL 14 or newer.",
        "keys": "The keys that seal customer data at rest.",
        "accounts": "Sets of Cashier credentials, by a name of your own: a–z, 0–9, _ and -. Jobs name the account.",
        "dispatch": "How many calls run at once, and for whom.",
        "retry": "When a job is tried again. Outcomes that are unknown are never simply tried again: see `verify`.",
        "breaker": "When calls to an account stop, because they keep failing.",
        "verify": "How an order with an unknown outcome is resolved.",
        "publishing": "Getting results out.",
        "shutdown": "Stopping.",
        "retention": "How long sealed data is kept. The ledger of orders and outcomes stays.",
        "log": "Log lines, on standard error.",
        "worker": "This worker.",
    ]
}
