import PostgresStore
import Terminal

// How the pages of a list reach whoever asked for them.
extension Invocation {
    /// How many rows a page has: as many as `--limit` says, or as go well with `--all`. Throws `UsageError` when both
    /// are given.
    func pageLimit(usual: Int) throws(UsageError) -> Int {
        let limit = try integer("limit", in: 1...10_000) ?? usual
        guard flag("all") else { return limit }
        guard values("limit").isEmpty else {
            throw UsageError(path: path, message: "--all prints all pages, --limit is about one: leave one of them out")
        }
        return WholeList.pageSize
    }

    /// A line for whoever may take a page for the whole list: a program, or a person who reads it from a file. nil
    /// where somebody asked for a page, or sees that there is another. Pure.
    func hint(shown: Int, of total: Int?, isCut: Bool, onTerminal: Bool) -> String? {
        guard isCut, values("limit").isEmpty, value("after") == nil, flag("json") || !onTerminal else { return nil }
        let all = total.map { "\(grouped(shown)) of \(grouped($0))" } ?? "the newest \(grouped(shown))"
        return (["usher"] + path).joined(separator: " ") + ": \(all) shown; --all or --limit for more"
    }

    /// What a list that ended early says of how it goes on. Pure.
    func resumption(_ list: WholeList, unit: String, command: String, _ ending: WholeList.Ending?) -> String {
        let name = (["usher"] + path).joined(separator: " ")
        var text = "\(name): ended after \(grouped(list.written)) \(unit); the rest comes with\n  \(command)"
        if ending == .outputClosed, flag("json") {
            text += "\nIf the reader took fewer, go on after the cursor of the last line that it took."
        }
        return text
    }
}

extension VerbContext {
    /// Prints all pages of a list, with progress on standard error. However it ends early, it says how to go on.
    ///
    /// - Parameters:
    ///   - unit: what is listed, in the plural.
    ///   - start: the cursor that the list begins after.
    ///   - command: the command line that goes on after a cursor.
    ///   - read: reads the next page.
    func printAll(
        _ unit: String,
        after start: String?,
        command: (String) -> String,
        _ read: (PostgresStore) async throws -> WholeList.Page
    ) async throws -> ExitCode {
        let stop = StopSwitch()
        let signals = StopSignals { _ in stop.turn() }
        defer { withExtendedLifetime(signals) {} }
        var list = WholeList(after: start, isSpaced: !invocation.flag("json"))
        var progress = ListProgress(unit: unit)
        let ending: Result<WholeList.Ending, any Error>
        do {
            let end = try await StoreAccess.with(self) { store, _ in
                try await list.run(
                    { try await read(store) },
                    isStopped: { stop.isTurned },
                    write: { StandardStream.output.write($0) },
                    tell: { page, written in progress.tell(page, written) }
                )
            }
            ending = .success(end)
        } catch {
            ending = .failure(error)
        }
        progress.finish(list.written)
        let end = try? ending.get()
        if end != .whole, let cursor = list.cursor {
            note(invocation.resumption(list, unit: unit, command: command(cursor), end))
        }
        switch try ending.get() {
        case .whole: return .success
        case .stopped: return .interrupted
        // Ctrl-C ends whoever reads, too.
        case .outputClosed: return stop.isTurned ? .interrupted : .ioError
        }
    }
}

/// Progress of a list that has more than one page, where the list itself is not on the terminal.
private struct ListProgress {
    private let unit: String
    private let isShown = !StandardStream.output.isTerminal
    private var line: ProgressLine?

    init(unit: String) {
        self.unit = unit
    }

    mutating func tell(_ page: WholeList.Page, _ written: Int) {
        guard isShown else { return }
        if line == nil, page.cursor != nil { line = ProgressLine(unit: unit, total: page.left.map { written + $0 }) }
        line?.update(done: written)
    }

    mutating func finish(_ written: Int) {
        line?.finish(done: written)
    }
}
