extension SettingKey {
    /// When a job is tried again.
    static let retry: [SettingKey] = [
        SettingKey(
            "retry.attempts_max",
            .integer(1...100),
            .fallback("8"),
            example: "5",
            """
            How often a job is sent at most, in attempts. A job that was released without a byte sent does not \
            count.
            """
        ),
        SettingKey(
            "retry.time_max",
            .duration(.seconds(60)...(.seconds(604_800))),
            .fallback("1h"),
            example: "30m",
            """
            How long a job is tried again, counted from its first attempt. One that was sent once and is then \
            looked up is sent once more even later: its account may have been held meanwhile.
            """
        ),
        SettingKey(
            "retry.fast.base",
            .duration(.milliseconds(10)...(.seconds(3600))),
            .fallback("500ms"),
            example: "200ms",
            """
            The longest pause after the first attempt, where an error rule calls its error `retry_fast`. It doubles \
            with every attempt, and each pause is drawn at random from zero up to it. A call that was not sent spends \
            no attempt: each such pause is drawn from zero up to four times this. Look-ups without an answer are this \
            far apart at least, doubled with each.
            """
        ),
        SettingKey(
            "retry.fast.cap",
            .duration(.milliseconds(10)...(.seconds(86400))),
            .fallback("30s"),
            example: "10s",
            """
            The longest of these pauses.
            """
        ),
        SettingKey(
            "retry.slow.base",
            .duration(.milliseconds(10)...(.seconds(3600))),
            .fallback("30s"),
            example: "1m",
            """
            The longest pause after the first attempt, where an error rule calls its error `retry_slow`, which no \
            standard rule does, or where the order is refused alone as a wrong account would be. It doubles with every \
            attempt, and each pause is drawn at random from zero up to it.
            """
        ),
        SettingKey(
            "retry.slow.cap",
            .duration(.milliseconds(10)...(.seconds(86400))),
            .fallback("10m"),
            example: "30m",
            """
            The longest of these pauses.
            """
        ),
        SettingKey(
            "retry.limited.base",
            .duration(.milliseconds(10)...(.seconds(3600))),
            .fallback("1s"),
            example: "5s",
            """
            The longest pause after the first attempt, where an error rule calls its error `limited` (too many calls), \
            which no standard rule does. It doubles with every attempt, and each pause is drawn at random from zero up \
            to it. A longer `Retry-After` wins.
            """
        ),
        SettingKey(
            "retry.limited.cap",
            .duration(.milliseconds(10)...(.seconds(86400))),
            .fallback("5m"),
            example: "10m",
            """
            The longest of these pauses.
            """
        ),
        SettingKey(
            "retry.ratio_max",
            .percent(1...100),
            .fallback("10%"),
            example: "20%",
            """
            The share of calls that may be repetitions, so that retries do not pile onto a Cashier in trouble. \
            Twenty are always free, and one a second.
            """
        ),
    ]
}
