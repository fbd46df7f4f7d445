extension SettingKey {
    /// What was found out about an account's provider, and the file that holds it.
    static let provider: [SettingKey] = [
        SettingKey(
            "accounts.<name>.provider_file",
            .file,
            .absent("nothing but this file, the environment and flags is read"),
            example: "/etc/usher/main.provider.yaml",
            """
            What `usher account probe` wrote about the account's provider. Its values hold where neither the settings \
            file nor the environment nor a flag says otherwise. It may set \(ProviderFile.list).
            """
        ),
        SettingKey(
            "accounts.<name>.provider_class",
            .choice(["P1", "P2", "P3"]),
            .absent("the provider was not probed"),
            example: "P2",
            """
            How a lost answer can be resolved, as `usher account probe` found: `P1` the same order is answered with \
            the same session, `P2` look-ups find open sessions, `P3` neither. It is shown by `usher doctor` and \
            decides nothing by itself: `look_up` and `unknown_policy` do.
            """
        ),
        SettingKey(
            "accounts.<name>.probed_at",
            .text(.moment),
            .absent("the provider was not probed"),
            example: "2026-11-21T09:00:00Z",
            """
            When the account's provider was probed, for `usher doctor`.
            """
        ),
        SettingKey(
            "accounts.<name>.probed_host",
            .text(.line(260)),
            .absent("the provider was not probed"),
            example: "pci-gw-test.praxispay.com",
            """
            Which host was probed, with its port if it has one of its own. `usher doctor` says so where that is not \
            the host of `endpoint`: the sandbox and the live system may be set up differently.
            """
        ),
        SettingKey(
            "accounts.<name>.request_validity",
            .duration(.seconds(1)...(.seconds(600))),
            .absent("`verify.request_validity`"),
            example: "2m",
            """
            How long this account's provider accepts a signed request, where that differs from the others'. A value \
            below the provider's own risks a second session.
            """
        ),
    ]
}

/// What a file of `accounts.<name>.provider_file` may set: how the provider behaves, and nothing that decides where
/// credentials go or who is believed.
package enum ProviderFile {
    /// Names of an account's settings, in the order in which they are written.
    package static let names = [
        "provider_class", "probed_at", "probed_host", "look_up", "unknown_policy", "request_validity", "clock_offset",
        "session_lifetime", "length_unit",
    ]

    /// Larger than any file of these names.
    static let bytesMax = 64 << 10

    static var list: String {
        names.dropLast().map { "`\($0)`" }.joined(separator: ", ") + " and `\(names.last ?? "")`"
    }
}
