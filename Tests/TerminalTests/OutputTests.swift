import Testing

@testable import Terminal

@Suite struct TextTableTests {
    @Test func columnsAreAlignedAndLinesHaveNoSpacesAtTheirEnd() {
        var table = TextTable([.init("order"), .init("attempts", .right), .init("state")])
        table.add(["o-1", "3", "opened"])
        table.add(["o-1000", "12", ""])
        #expect(table.lines() == ["order   attempts  state", "o-1            3  opened", "o-1000        12"])
    }

    @Test func widthIsThatOfTheTerminalNotOfTheBytes() {
        var table = TextTable([.init("name"), .init("x")])
        table.add(["Zoë", "1"])
        table.add(["Zoe\u{308}", "2"])
        table.add(["王小明", "3"])
        #expect(table.lines() == ["name    x", "Zoë     1", "Zoe\u{308}     2", "王小明  3"])
    }

    @Test func flexibleColumnsAreCutToFit() {
        var table = TextTable([.init("order"), .init("message", isFlexible: true), .init("code", .right)])
        table.add(["o-1", "the service is under maintenance", "333"])
        let lines = table.lines(width: 30)
        #expect(lines == ["order  message            code", "o-1    the service is u…   333"])
        #expect(table.lines(width: 5)[1] == "o-1    the ser…   333")
    }

    @Test func wideLettersAreNotCutInHalf() {
        #expect(DisplayWidth.cut("王小明", to: 5) == "王小…")
        #expect(DisplayWidth.cut("王小明", to: 4) == "王…")
        #expect(DisplayWidth.cut("王小明", to: 6) == "王小明")
        #expect(DisplayWidth.cut("abc", to: 0) == "")
    }

    @Test func whatATerminalWouldActOnIsMadeHarmless() {
        var table = TextTable([.init("text")])
        table.add(["\u{1B}[31mred\u{7}\nnext\u{202E}"])
        #expect(table.lines() == ["text", "?[31mred??next?"])
    }

    @Test(arguments: ["\u{9B}", "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{2069}"])
    func marksThatEndLinesOrTurnThemAreMadeHarmless(_ mark: String) {
        #expect(printable("a\(mark)b") == "a?b")
    }
}

@Suite struct AnsiTests {
    @Test(
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
        ] as [(Bool, [String: String], Bool)]
    )
    func coloursAreForTerminalsThatWantThem(_ isTerminal: Bool, _ environment: [String: String], _ expected: Bool) {
        #expect(Ansi(isTerminal: isTerminal, environment: environment).isEnabled == expected)
    }

    @Test func aStyleEndsWhereItsTextEnds() {
        #expect(Ansi(isEnabled: true)(.green, "ok") == "\u{1B}[32mok\u{1B}[0m")
        #expect(Ansi(isEnabled: false)(.green, "ok") == "ok")
    }
}

@Suite struct ProgressTests {
    @Test func rateAndTimeLeftFollowTheLastTenSeconds() {
        var meter = ProgressMeter(unit: "jobs", total: 50_000)
        #expect(meter.text == "0 of 50,000 jobs  0%")
        for second in 1...10 { meter.record(done: second * 100, at: .seconds(second)) }
        #expect(meter.rate == 100)
        for second in 11...30 { meter.record(done: 1_000 + (second - 10) * 1_000, at: .seconds(second)) }
        #expect(meter.rate == 1_000)
        #expect(meter.text == "21,000 of 50,000 jobs  42%  1,000/s  about 29s left")
    }

    @Test func withoutATotalThereIsNoTimeLeft() {
        var meter = ProgressMeter(unit: "results", total: nil)
        meter.record(done: 5, at: .seconds(2))
        #expect(meter.text == "5 results  2.5/s")
        #expect(meter.bar(width: 80) == "5 results  2.5/s")
        #expect(meter.timeLeft == nil)
    }

    @Test func theBarGrowsAndKeepsToItsWidth() {
        var meter = ProgressMeter(unit: "jobs", total: 100)
        meter.record(done: 50, at: .seconds(5))
        #expect(meter.bar(width: 60) == "[========        ]  " + meter.text)
        for width in 10...120 { #expect(DisplayWidth.of(meter.bar(width: width)) <= width) }
        meter.record(done: 100, at: .seconds(10))
        #expect(meter.text == "100 of 100 jobs  100%  10/s")
    }

    @Test func hundredPercentMeansAll() {
        var meter = ProgressMeter(unit: "jobs", total: 1_000_000)
        meter.record(done: 999_999, at: .seconds(1))
        #expect(meter.text.contains("  99%  "))
        let nothing = ProgressMeter(unit: "jobs", total: 0)
        #expect(nothing.text == "0 of 0 jobs")
    }

    @Test func momentsCloseTogetherDoNotFillMemory() {
        var meter = ProgressMeter(unit: "jobs", total: nil)
        for step in 0..<100_000 { meter.record(done: step, at: .milliseconds(step)) }
        for step in 0..<20_000 { meter.record(done: 100_000 + 2 * step, at: .milliseconds(100_000 + step)) }
        #expect((1_990...2_010).contains(meter.rate ?? 0))
        #expect(meter.samples.count < 60)
    }

    @Test(arguments: [(0, "0s"), (59, "59s"), (60, "1m"), (200, "3m 20s"), (7_500, "2h 5m"), (273_600, "3d 4h")])
    func timesAreShort(_ seconds: Int, _ expected: String) {
        #expect(ProgressMeter.short(.seconds(seconds)) == expected)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (Int.max, "9,223,372,036,854,775,807"),
    ])
    func numbersAreGrouped(_ number: Int, _ expected: String) {
        #expect(grouped(number) == expected)
    }

    @Test func aTerminalSeesOneLineRedrawn() {
        let sink = Sink()
        var line = sink.line(isTerminal: true)
        for step in 0...10 { line.update(done: step, at: .milliseconds(step * 50)) }
        line.finish(done: 10, at: .milliseconds(500))
        #expect(sink.written.count == 7)
        #expect(sink.written.dropLast().allSatisfy { $0.hasPrefix("\r\u{1B}[2K") && !$0.contains("\n") })
        #expect(sink.written.last == "\n")
    }

    @Test func aFileGetsALineEveryTenSeconds() {
        let sink = Sink()
        var line = sink.line(isTerminal: false)
        for second in 0...25 { line.update(done: second, at: .seconds(second)) }
        line.finish(done: 26, at: .seconds(26))
        #expect(sink.written.map { $0.prefix { $0 != " " } } == ["10", "20", "26"])
        #expect(sink.written.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
    }

    private final class Sink {
        var written: [String] = []

        func line(isTerminal: Bool) -> ProgressLine {
            let meter = ProgressMeter(unit: "jobs", total: 26)
            return ProgressLine(meter, isTerminal: isTerminal, width: { 80 }, write: { self.written.append($0) })
        }
    }
}

@Suite struct ExitCodeTests {
    @Test func codesAreThoseOfSysexits() {
        let codes = ExitCode.allCases.map(\.rawValue)
        #expect(codes == [0, 1, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 130])
        #expect(ExitCode.allCases.allSatisfy { !$0.meaning.isEmpty })
    }
}
