extension SettingKey {
    /// Getting results out.
    static let publishing: [SettingKey] = [
        SettingKey(
            "publishing.unpublished_max",
            .duration(.seconds(5)...(.seconds(3600))),
            .fallback("30s"),
            example: "1m",
            """
            Once the oldest unpublished result is older than this, no new job is started: a link that cannot be \
            delivered is not made.
            """
        ),
        SettingKey(
            "publishing.linger",
            .duration(.milliseconds(0)...(.seconds(1))),
            .fallback("1ms"),
            example: "20ms",
            """
            How long the producer waits for more results before it sends a batch.
            """
        ),
    ]
}
