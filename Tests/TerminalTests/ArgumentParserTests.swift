import Testing

@testable import Terminal

private let tree = Command(
    "usher",
    "opens sessions from a queue",
    options: [
        .value("config", "FILE", short: "c", "Reads settings from FILE."),
        .value("set", "KEY=VALUE", isRepeatable: true, "Sets one setting."),
    ],
    verbs: [
        Command(
            "replay",
            "starts orders again",
            discussion: "Shows first what would happen.\n\nNothing is sent\nwithout --yes.",
            options: [
                .flag("dry-run", short: "n", "Only shows."),
                .value("state", "STATE", choices: ["failed", "expired"], fallback: "failed", "Which orders."),
                .value("limit", "COUNT", "At most COUNT orders."),
            ],
            arguments: [CommandArgument("ORDER", "The orders to start again.", .repeated)],
            examples: [CommandExample("usher replay --dry-run o-1", "See what would happen to one order.")],
            exitCodes: [.failure, .unavailable]
        ),
        Command(
            "campaign",
            "paces campaigns",
            verbs: [
                Command(
                    "pause",
                    "pauses one",
                    arguments: [
                        CommandArgument("NAME", "The campaign."), CommandArgument("REASON", "Why.", .optional),
                    ],
                    examples: [CommandExample("usher campaign pause spring", "Pause it.")]
                )
            ]
        ),
    ]
)

@Suite struct ArgumentParserTests {
    private func invocation(_ line: String) throws -> Invocation {
        guard case .run(let invocation) = try ArgumentParser.parse(words(line), of: tree) else {
            throw UsageError(path: [], message: "help came instead")
        }
        return invocation
    }

    private func words(_ line: String) -> [String] {
        line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
    }

    private func refusal(_ line: String) -> String? {
        do throws(UsageError) {
            _ = try ArgumentParser.parse(words(line), of: tree)
            return nil
        } catch {
            return error.text(program: "usher").split(separator: "\n").first.map(String.init)
        }
    }

    @Test func optionsStandBeforeAndAfterVerbsAndArguments() throws {
        for line in [
            "--config a.yaml replay --dry-run o-1 o-2 --limit 5", "replay o-1 -c a.yaml o-2 -n --limit=5",
            "replay --limit 5 -n --config=a.yaml -- o-1 o-2",
        ] {
            let invocation = try invocation(line)
            #expect(invocation.path == ["replay"])
            #expect(invocation.flag("dry-run"))
            #expect(invocation.value("config") == "a.yaml")
            #expect(try invocation.integer("limit", in: 1...10) == 5)
            #expect(invocation.arguments("ORDER") == ["o-1", "o-2"])
        }
    }

    @Test func whatIsLeftOutHasItsFallback() throws {
        let invocation = try invocation("replay o-1")
        #expect(!invocation.flag("dry-run"))
        #expect(invocation.value("state") == "failed")
        #expect(invocation.value("config") == nil)
        #expect(invocation.values("set") == [])
        #expect(try invocation.integer("limit", in: 1...10) == nil)
    }

    @Test func verbsNestAndArgumentsMayBeOptional() throws {
        let both = try invocation("campaign pause spring later")
        #expect(both.path == ["campaign", "pause"])
        #expect(both.argument("NAME") == "spring")
        #expect(both.optionalArgument("REASON") == "later")
        #expect(try invocation("campaign pause spring").optionalArgument("REASON") == nil)
    }

    @Test func repeatableOptionsKeepTheirOrder() throws {
        let values = try invocation("--set a=1 replay --set b=2 o --set=c=3").values("set")
        #expect(values == ["a=1", "b=2", "c=3"])
    }

    @Test func afterTwoDashesEverythingIsAnArgument() throws {
        #expect(try invocation("replay -- --dry-run -x --help").arguments("ORDER") == ["--dry-run", "-x", "--help"])
        #expect(try invocation("replay - -5").arguments("ORDER") == ["-", "-5"])
        #expect(try invocation("replay o --set=--x").values("set") == ["--x"])
        #expect(try invocation("replay o --limit -5").value("limit") == "-5")
        #expect(try invocation("replay o --config=").value("config") == "")
    }

    @Test(arguments: [
        ("", "usher: a command is missing; there are `replay`, `campaign`"),
        ("campaign", "usher campaign: a command is missing; there are `pause`"),
        ("relpay o", "usher: there is no command `relpay`; did you mean `replay`?"),
        ("xyzzy", "usher: there is no command `xyzzy`; there are `replay`, `campaign`"),
        ("replay --dryrun o", "usher replay: there is no option `--dryrun`; did you mean `--dry-run`?"),
        ("replay --confg=x o", "usher replay: there is no option `--confg`; did you mean `--config`?"),
        ("--dry-run replay o", "usher: there is no option `--dry-run`; `replay` has it: write it after the command"),
        ("replay --zzzzzz o", "usher replay: there is no option `--zzzzzz`"),
        ("replay -x o", "usher replay: there is no option `-x`"),
        (
            "replay -nc o",
            "usher replay: there is no option `-nc`; options with long names have two dashes, and short ones stand alone"
        ),
        ("replay --config", "usher replay: --config needs a value: --config FILE"),
        ("replay --config --dry-run o", "usher replay: --config needs a value: --config FILE"),
        ("replay --dry-run=yes o", "usher replay: --dry-run takes no value"),
        ("replay -n --dry-run o", "usher replay: --dry-run is given twice"),
        ("replay -c a --config b o", "usher replay: --config is given twice"),
        ("replay --state lost o", "usher replay: --state must be one of: failed, expired"),
        ("replay", "usher replay: ORDER is missing: The orders to start again."),
        ("campaign pause", "usher campaign pause: NAME is missing: The campaign."),
        ("campaign pause a b c", "usher campaign pause: `c` is one argument too many"),
        ("replay \u{1B}[31m", nil),
        ("\u{1B}[31m", "usher: there is no command `?[31m`; there are `replay`, `campaign`"),
    ])
    func aWrongLineIsAnsweredWithWhatToType(_ line: String, _ expected: String?) {
        #expect(refusal(line) == expected)
    }

    @Test func numbersAreChecked() throws {
        for text in ["0", "11", "x", "1.5"] {
            let invocation = try invocation("replay o --limit=\(text)")
            let expected = UsageError(path: ["replay"], message: "--limit must be a whole number from 1 to 10")
            #expect(throws: expected) { try invocation.integer("limit", in: 1...10) }
        }
    }

    @Test func anErrorSaysWhereHelpIs() {
        let text = UsageError(path: ["campaign"], message: "no").text(program: "usher")
        #expect(text == "usher campaign: no\nTry `usher campaign --help`.\n")
    }

    @Test(arguments: ["replay --help", "help replay", "replay -h o --bogus", "--help replay", "replay --bogus --help"])
    func helpIsThereForWhoeverAsks(_ line: String) throws {
        guard case .help(let text) = try ArgumentParser.parse(words(line), of: tree, width: 72) else {
            Issue.record("the command would have run")
            return
        }
        #expect(
            text == """
                usher replay: starts orders again

                Usage: usher replay [OPTIONS] ORDER...

                Shows first what would happen.

                Nothing is sent without --yes.

                Arguments:
                  ORDER  The orders to start again.

                Options:
                  -n, --dry-run        Only shows.
                      --state STATE    Which orders. One of: failed, expired. Default:
                                       failed.
                      --limit COUNT    At most COUNT orders.
                  -c, --config FILE    Reads settings from FILE.
                      --set KEY=VALUE  Sets one setting. May be repeated.
                  -h, --help           Says this.

                Examples:
                  # See what would happen to one order.
                  usher replay --dry-run o-1

                Exit codes:
                  0   done
                  1   the answer is no: not found, not equal, not healthy
                  64  the command line is wrong
                  69  a server that is needed cannot be reached

                """
        )
    }

    @Test func theProgramsOwnHelpListsItsCommands() throws {
        for line in ["--help", "-h", "help"] {
            guard case .help(let text) = try ArgumentParser.parse(words(line), of: tree) else {
                Issue.record("the command would have run")
                return
            }
            #expect(text.contains("Usage: usher COMMAND [OPTIONS]\n\nCommands:\n  replay    starts orders again\n"))
            #expect(text.hasSuffix("`usher COMMAND --help` says more of a command.\n"))
        }
    }

    @Test func theTreeItselfIsChecked() {
        #expect(tree.defects == [])
        let broken = Command(
            "p",
            "s",
            options: [.flag("a", short: "h", "No sentence"), .flag("a", "Twice.")],
            verbs: [
                Command(
                    "v",
                    "s",
                    options: [.value("x", "X", choices: ["1"], fallback: "2", "A value.")],
                    arguments: [CommandArgument("ALL", "s", .optionalRepeated), CommandArgument("LAST", "s")],
                    examples: [CommandExample("p w", "wrong")]
                ),
                Command("v", "s", examples: [CommandExample("p v", "right")]),
            ]
        )
        #expect(
            broken.defects == [
                "p: --a is declared twice", "p: --help and -h are taken", "p: --a needs a summary that is a sentence",
                "p: the command v is declared twice", "p v: --a is declared twice", "p v: --help and -h are taken",
                "p v: the fallback of --x is not one of its choices", "p v: an example does not show the command: p w",
                "p v: ALL takes all that is left, so it must be the last",
                "p v: LAST is required and follows one that is not", "p v: --a is declared twice",
                "p v: --help and -h are taken",
            ]
        )
    }
}
