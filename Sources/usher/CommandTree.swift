import Terminal

/// Every verb with its options, from which the help is made.
enum CommandTree {
    static let root = Command(
        "usher",
        "opens payment pages from a queue: Kafka in, Praxis Cashier, Kafka out, each order once",
        discussion: """
            Settings come from a YAML file (--config, or USHER_CONFIG, or ./usher.yaml, or
            /etc/usher/usher.yaml), then from USHER_… variables, then from --set. `docs/CONFIG.md` lists them.
            """,
        options: [
            .value("config", "FILE", short: "c", "The settings file."),
            .value("set", "KEY=VALUE", isRepeatable: true, "A setting, over file and environment."),
            .value(
                "log-level",
                "LEVEL",
                choices: ["debug", "info", "notice", "warning", "error"],
                "How much is logged."
            ),
            .value("log-format", "FORMAT", choices: ["text", "json"], "How log lines look."),
        ],
        verbs: [
            DevVerb.command, RunVerb.command, EnqueueVerb.command, ResultsVerb.command, ShowVerb.command,
            ListVerb.command, QuarantineVerb.command, DecideVerb.command, AccountVerb.command, PositionVerb.command,
            AuditVerb.command, CallbacksVerb.command, MigrateVerb.command, DoctorVerb.command, SimulatorVerb.command,
            VersionVerb.command,
        ],
        examples: [
            CommandExample("usher dev", "everything embedded: see the sample jobs go through"),
            CommandExample("usher doctor -c usher.yaml", "check settings, Kafka, Postgres and accounts"),
            CommandExample("usher run -c usher.yaml", "work"),
        ]
    )

    /// `--json` means the same wherever it stands.
    static let json = CommandOption.flag("json", "Prints JSON for programs instead of text for people.")
}
