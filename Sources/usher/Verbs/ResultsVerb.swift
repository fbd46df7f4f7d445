import CLinux
import KafkaTransport
import Logs
import SessionCore
import Settings
import Terminal

/// `usher results`.
enum ResultsVerb {
    static let command = Command(
        "results",
        "read the results topic",
        discussion: """
            Tells everything that is on the results topic now, oldest first, and ends. A line a result; with --json the
            published value. Copies of a result, which crashes can leave, are told each: they carry one result_id.

            The redirect URL logs the customer in, so it is shown as `(hidden)` unless --reveal is given. So are the
            customer's token and country, and variable1 to variable3; avs_alert and verification_alert are left out.
            Revealed URLs are as secret as passwords: keep them out of files and tickets. Who asks for them, and why, is
            in the audit before the first is shown: --reveal needs --reason and Postgres, and shows nothing where the
            audit cannot be written. One order's link is found sooner by `usher show ORDER --reveal`.

            Nothing is committed: reading here takes nothing away from the CRM.

            When no broker has answered for 30 seconds, what was read is told and it ends with 69. With --follow it says
            so, and goes on when one does.

            A partition that no broker leads, or that does not answer while others do, is told on standard error and
            left out, and this ends with 69; not where --order found a result. With --follow it is read once it can be.
            """,
        options: [
            .flag("follow", short: "f", "Goes on with what comes, until Ctrl-C."),
            .value(
                "since",
                "WHEN",
                "Only what was written since: a span (10m, 2h, 7d; 0s is now) or a moment (RFC 3339)."
            ),
            .value("order", "ID", "Only results of this order."),
            .flag("reveal", "Shows redirect URLs, which are secrets, and what is personal. Needs --reason."),
            Operator.reason,
            Operator.person,
            CommandTree.json,
        ],
        examples: [
            CommandExample("usher results", "everything that is there"),
            CommandExample("usher results --follow --since 0s", "watch what comes from now on"),
            CommandExample("usher results --order order-1 --json", "one order's results, for a program"),
            CommandExample("usher results --order order-1 --reveal --reason 'mail was lost'", "an order's link"),
        ],
        exitCodes: [
            .success, .invalidData, .unavailable, .ioError, .tryAgain, .noPermission, .configuration, .interrupted,
        ]
    )

    static func run(_ context: VerbContext) async throws -> ExitCode {
        let invocation = context.invocation
        let since = try invocation.moment("since", now: .systemNow)
        let act = try Operator.revealing(invocation)
        let stop = StopSwitch()
        let signals = StopSignals { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        let configuration = try context.load(checksFiles: false).configuration
        let kafka = configuration.kafka
        // From here on URLs are in memory: no core dump.
        _ = usher_forbid_dumps()
        let request = ResultReader.Request(
            topic: kafka.resultsTopic,
            start: since.map { .time(milliseconds: $0.microseconds / 1_000) } ?? .beginning,
            follows: invocation.flag("follow"),
            key: invocation.value("order").map { Array($0.utf8) }
        )
        let log = Log(level: .error, format: .text)
        let reader = ResultReader(try kafka.transportSettings(log: log), request, log: log) { news in
            switch news {
            case .away: context.note("no broker has answered for \(request.patience.inWords); going on when one does")
            case .back: context.note("Kafka answers again")
            case .unread(let place, let error):
                context.note(ResultListing.note(unread: place, error, follows: request.follows))
            }
        }
        stop.connect { reader.stop() }
        if let act {
            let subject = invocation.value("order") ?? request.topic
            let asked = asked(request, since: since)
            try await StoreAccess.with(configuration) { store in
                try await store.noteReveal(by: "results", of: subject, asked: asked, act: act)
            }
        }
        var listing = ResultListing(
            isJSON: invocation.flag("json"),
            reveals: act != nil,
            gathers: !request.follows
        )
        let ending: Result<Void, any Error>
        do {
            ending = .success(try await tell(reader, &listing, context))
        } catch {
            ending = .failure(error)
        }
        let unread = await reader.unread
        await reader.close()
        try ending.get()
        if stop.isTurned, !request.follows { return .interrupted }
        if !request.follows, let lack = listing.lack(unread, isOfOrder: request.key != nil) {
            throw VerbError.ended(lack, .unavailable)
        }
        return listing.unreadable == 0 ? .success : .invalidData
    }

    /// What somebody who sees links has asked for, for the audit.
    static func asked(_ request: ResultReader.Request, since: Timestamp?) -> String {
        let span = since.map { "since \($0.rfc3339)" } ?? "all there is"
        return "topic \(request.topic), \(span)" + (request.follows ? ", follows" : "")
    }

    private static func tell(
        _ reader: ResultReader,
        _ listing: inout ResultListing,
        _ context: VerbContext
    ) async throws {
        do {
            while let records = try await reader.next() {
                let (lines, notes) = listing.take(records, now: .systemNow)
                for note in notes { context.note(note) }
                try write(lines, context)
            }
        } catch let error as TransportError {
            // What was read until then is told all the same.
            try write(listing.flush(now: .systemNow), context)
            throw error
        }
        try write(listing.flush(now: .systemNow), context)
        // Where partitions were not read, nobody knows that.
        guard listing.told == 0, await reader.unread.isEmpty else { return }
        if !context.invocation.flag("json") { context.note("no results") }
    }

    /// Many lines in one write.
    private static func write(_ lines: [String], _ context: VerbContext) throws {
        if !lines.isEmpty { try context.print(lines.joined(separator: "\n")) }
    }
}
