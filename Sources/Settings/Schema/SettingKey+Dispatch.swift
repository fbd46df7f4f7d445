extension SettingKey {
    /// How many calls run at once, and for whom.
    static let dispatch: [SettingKey] = [
        SettingKey(
            "dispatch.in_flight_max",
            .integer(1...10_000),
            .fallback("200"),
            example: "50",
            """
            Calls that one worker has in flight over all accounts. Where campaigns use all of them, agents' calls come \
            on top, as many as interactive_reserve is of it at most: the limit of open files has to be above both.
            """
        ),
        SettingKey(
            "dispatch.interactive_reserve",
            .percent(0...90),
            .fallback("20%"),
            example: "50%",
            """
            The share of calls in flight that only jobs of the interactive lane may use, so that an agent never \
            waits behind a campaign.
            """
        ),
        SettingKey(
            "dispatch.lane_weights.interactive",
            .integer(1...100),
            .fallback("8"),
            example: "10",
            """
            The weight of the interactive lane when lanes compete for the rest of the calls.
            """
        ),
        SettingKey(
            "dispatch.lane_weights.campaign",
            .integer(1...100),
            .fallback("3"),
            example: "2",
            """
            The weight of the campaign lane when lanes compete for the rest of the calls.
            """
        ),
        SettingKey(
            "dispatch.lane_weights.replay",
            .integer(1...100),
            .fallback("1"),
            example: "2",
            """
            The weight of the replay lane when lanes compete for the rest of the calls.
            """
        ),
        SettingKey(
            "dispatch.send_within",
            .duration(.seconds(1)...(.seconds(55))),
            .fallback("25s"),
            example: "10s",
            """
            How old the timestamp of a signed request may be when its first byte goes out, `clock_offset` aside: three \
            fifths of it for the account's turn, two for a connection. What is older is not sent, and signed anew \
            later. Never more than the shortest `request_validity` of an account, nor than `dispatch.lease` leaves \
            beside the longest call and 5 s.
            """
        ),
        SettingKey(
            "dispatch.lease",
            .duration(.seconds(15)...(.seconds(600))),
            .fallback("60s"),
            example: "90s",
            """
            How long a worker may hold a job without a word. It must outlast the longest call by 10 s; a \
            short one leaves little time for an account's turn and a connection (`dispatch.send_within`). When a \
            worker dies, its jobs are looked up after this time.
            """
        ),
        SettingKey(
            "dispatch.not_after_default",
            .duration(.seconds(60)...(.seconds(2_592_000))),
            .fallback("24h"),
            example: "1h",
            """
            How long a job without a `not_after` may wait to be sent, counted from when it was taken in or, where that \
            is later, from its `not_before`.
            """
        ),
    ]
}
