extension SettingKey {
    /// Which account jobs mean that name none.
    static let defaultAccount: [SettingKey] = [
        SettingKey(
            "default_account",
            .text(.name),
            .absent("the only account, where there is just one; otherwise every job must name its account"),
            example: "main",
            """
            The account of jobs that name none. An order belongs to its account: a job that names none and is sent \
            again after this was changed is another order and gets a second session. Have jobs name their account \
            before you change it.
            """
        )
    ]
}
