extension SettingKey {
    /// The keys that seal data at rest.
    static let keys: [SettingKey] = [
        SettingKey(
            "keys.file",
            .keyFile,
            .required,
            example: "/run/credentials/usher/sealing-keys",
            """
            The keys that seal customer data and results in Postgres: a line `ID KEY` for each, `KEY` being 64 \
            hexadecimal digits, and one line `digest KEY` that never changes. The first key seals, all of them \
            open.
            """
        )
    ]
}
