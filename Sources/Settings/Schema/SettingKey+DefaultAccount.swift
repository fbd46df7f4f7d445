extension SettingKey {
    /// Which account jobs mean that name none.
    static let defaultAccount: [SettingKey] = [
        SettingKey(
            "default_account",
            .text(.name),
            .absent("the only account, where there is just one; otherwise every job must name its account"),
            example: "main",
            """
            The account of jobs that name none.
            """
        )
    ]
}
