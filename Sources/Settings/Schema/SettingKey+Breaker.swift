extension SettingKey {
    /// When calls to an account stop.
    static let breaker: [SettingKey] = [
        SettingKey(
            "breaker.failures",
            .integer(1...1_000),
            .fallback("5"),
            example: "10",
            """
            How many failures within `breaker.window` stop the calls to an account, in calls, if they are at least \
            half of its calls within it. Refusals of a single job do not count as failures.
            """
        ),
        SettingKey(
            "breaker.window",
            .duration(.seconds(1)...(.seconds(3600))),
            .fallback("30s"),
            example: "1m",
            """
            The time over which failures are counted.
            """
        ),
        SettingKey(
            "breaker.open_for",
            .duration(.seconds(1)...(.seconds(3600))),
            .fallback("30s"),
            example: "1m",
            """
            How long calls stay stopped before the first probe.
            """
        ),
        SettingKey(
            "breaker.probe_interval",
            .duration(.seconds(1)...(.seconds(600))),
            .fallback("10s"),
            example: "30s",
            """
            The pause between probes, which are single jobs. The first that succeeds lets the others go on.
            """
        ),
        SettingKey(
            "breaker.trial_interval",
            .duration(.seconds(1)...(.seconds(3600))),
            .fallback("30s"),
            example: "2m",
            """
            The pause between trial calls of an account that is held, for a fault of its settings or for the Cashier's \
            maintenance: one job each, over all workers. The first that goes well ends the hold.
            """
        ),
    ]
}
