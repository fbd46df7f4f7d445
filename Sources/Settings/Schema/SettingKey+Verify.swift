extension SettingKey {
    /// How an unknown outcome is resolved.
    static let verify: [SettingKey] = [
        SettingKey(
            "verify.schedule",
            .durations(.milliseconds(100)...(.seconds(3600))),
            .fallback("[1s, 3s, 10s, 30s]"),
            example: "[2s, 5s, 20s]",
            """
            Pauses before the look-ups of an order with an unknown outcome. One more follows when the request \
            can no longer be accepted.
            """
        ),
        SettingKey(
            "verify.request_validity",
            .duration(.seconds(1)...(.seconds(600))),
            .fallback("60s"),
            example: "90s",
            """
            How long the Cashier accepts a signed request. Only after that time does "not found" prove that \
            nothing was opened, so a value below the Cashier's own risks a second session.
            """
        ),
        SettingKey(
            "verify.clock_skew",
            .duration(.seconds(0)...(.seconds(300))),
            .fallback("10s"),
            example: "20s",
            """
            How far the Cashier's clock may be from the database's. It is added to `verify.request_validity`. A worker \
            that sees the database's clock run ahead of its own by more says so, and takes it for set.
            """
        ),
    ]
}
