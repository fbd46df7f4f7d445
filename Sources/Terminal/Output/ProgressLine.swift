/// Shows progress on standard error: a line that is redrawn on a terminal, otherwise a new line every ten seconds.
package struct ProgressLine {
    private var meter: ProgressMeter
    private let start = ContinuousClock.now
    private var shown: Duration?
    private let isTerminal: Bool
    private let write: (String) -> Void
    private let width: () -> Int

    /// `unit` in the plural; `total` nil when unknown.
    package init(unit: String, total: Int?) {
        self.init(
            ProgressMeter(unit: unit, total: total),
            isTerminal: StandardStream.error.isTerminal,
            width: { StandardStream.error.terminalWidth ?? 80 },
            // Progress that cannot be shown is no reason to stop the work.
            write: { _ = StandardStream.error.write($0) }
        )
    }

    init(_ meter: ProgressMeter, isTerminal: Bool, width: @escaping () -> Int, write: @escaping (String) -> Void) {
        self.meter = meter
        self.isTerminal = isTerminal
        self.width = width
        self.write = write
    }

    /// Says that `done` are done by now. Cheap enough for every item.
    package mutating func update(done: Int) {
        update(done: done, at: start.duration(to: .now))
    }

    /// Shows the last state and ends the line.
    package mutating func finish(done: Int) {
        finish(done: done, at: start.duration(to: .now))
    }

    mutating func update(done: Int, at time: Duration) {
        let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
        if time - (shown ?? .zero) < pause { return }
        show(done, time)
    }

    mutating func finish(done: Int, at time: Duration) {
        show(done, time)
        if isTerminal { write("\n") }
    }

    private mutating func show(_ done: Int, _ time: Duration) {
        shown = time
        meter.record(done: done, at: time)
        // To the first column, clear the line, write; one column stays free so that the terminal does not wrap.
        write(isTerminal ? "\r\u{1B}[2K" + meter.bar(width: width() - 1) : meter.text + "\n")
    }
}
