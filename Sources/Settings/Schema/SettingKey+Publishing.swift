extension SettingKey {
    /// Getting results out.
    static let publishing: [SettingKey] = [
        SettingKey(
            "publishing.unpublished_max",
            .duration(.seconds(5)...(.seconds(3600))),
            .fallback("30s"),
            example: "1m",
            """
            A worker starts no new job while a result of its own has waited longer than this to be published: a link \
            that cannot be delivered is not made. Where other workers publish, they publish what it has. Nor does it \
            start one while any result has waited so long, if nothing of its own was published since that came.
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
