extension SettingKey {
    /// How much an account's provider is asked for at once, and how its clock is followed.
    static let accountLoad: [SettingKey] = [
        SettingKey(
            "accounts.<name>.concurrency_max",
            .integer(1...1_000),
            .fallback("100"),
            example: "20",
            """
            Calls to this account that one worker has in flight at most.
            """
        ),
        SettingKey(
            "accounts.<name>.concurrency_min",
            .integer(1...1_000),
            .fallback("1"),
            example: "4",
            """
            To how few calls in flight a worker goes down while the Cashier is overloaded (429, 503, maintenance, \
            timeouts). Each sign of overload halves them, at most once a second; good answers bring them back.
            """
        ),
        SettingKey(
            "accounts.<name>.concurrency_start",
            .integer(1...1_000),
            .fallback("16"),
            example: "4",
            """
            Calls in flight that a worker begins with, and begins again with after a hold. They double with each \
            round of good answers. It bounds how many calls a wrong setting of the account can spend.
            """
        ),
        SettingKey(
            "accounts.<name>.rate_max",
            .integer(1...100_000),
            .absent("no limit but the calls in flight"),
            example: "20",
            """
            Calls to this account that one worker starts in a second, look-ups included. The Cashier publishes no \
            limit; its support may name one: divide it by the number of workers.
            """
        ),
        SettingKey(
            "accounts.<name>.clock_adjust_max",
            .duration(.zero...(.seconds(300))),
            .fallback("30s"),
            example: "5s",
            """
            How far signing times may be moved, both ways, when the Cashier refuses a timestamp and its answers show \
            that its clock differs. A larger difference holds the account until a clock is mended.
            """
        ),
    ]
}
