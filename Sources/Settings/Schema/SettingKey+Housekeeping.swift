extension SettingKey {
    /// Ending, keeping and reporting.
    static let housekeeping: [SettingKey] = [
        SettingKey(
            "shutdown.grace",
            .duration(.seconds(1)...(.seconds(600))),
            .fallback("25s"),
            example: "40s",
            """
            How long calls in flight may go on after a stop signal. What is left then has an unknown outcome and \
            is looked up by another worker. Whatever starts `usher run` must wait 20 s longer before it kills it, 45 s \
            with the default, and for `usher callbacks` twice as long as this: Kubernetes waits for 30 s and Docker \
            for 10 s unless told otherwise. What is killed sooner is looked up only after `dispatch.lease`.
            """
        ),
        SettingKey(
            "retention.request",
            .duration(.seconds(3600)...(.seconds(31_536_000))),
            .fallback("24h"),
            example: "7d",
            """
            How long a job's content is kept after its end, sealed.
            """
        ),
        SettingKey(
            "retention.opened_result",
            .duration(.seconds(0)...(.seconds(86400))),
            .fallback("5m"),
            example: "1m",
            """
            How long a result with a link is kept after the link has expired, sealed.
            """
        ),
        SettingKey(
            "retention.other_result",
            .duration(.seconds(3600)...(.seconds(31_536_000))),
            .fallback("24h"),
            example: "7d",
            """
            How long any other result is kept after the job's end, sealed; and what the Cashier told of its payments, \
            after it was received.
            """
        ),
        SettingKey(
            "retention.quarantine",
            .duration(.seconds(3600)...(.seconds(31_536_000))),
            .fallback("7d"),
            example: "30d",
            """
            How long the raw value of a quarantined record is kept, sealed.
            """
        ),
        SettingKey(
            "log.level",
            .choice(["debug", "info", "notice", "warning", "error"]),
            .fallback("info"),
            example: "debug",
            """
            The least important lines that are written.
            """
        ),
        SettingKey(
            "log.format",
            .choice(["json", "text"]),
            .fallback("json"),
            example: "text",
            """
            One JSON object a line, or text for a person. Lines go to standard error.
            """
        ),
        SettingKey(
            "worker.name",
            .text(.name),
            .absent("the host name and the process id"),
            example: "usher-1",
            """
            The worker's name in logs and in `usher show`. Two that run at once must not share it.
            """
        ),
    ]
}
