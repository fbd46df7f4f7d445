extension SettingKey {
    /// Receiving the provider's notifications and validations.
    static let callbacks: [SettingKey] = [
        SettingKey(
            "callbacks.listen",
            .text(.hostAndPort),
            .fallback("127.0.0.1:8320"),
            example: "10.0.0.5:8443",
            """
            Where `usher callbacks` listens: an IPv4 address and a port. The Cashier must reach it under the host of \
            the jobs' `notification_url` and `validation_url`, through a proxy or directly.
            """
        ),
        SettingKey(
            "callbacks.certificate_file",
            .file,
            .absent("plain HTTP is spoken, for a proxy that ends TLS"),
            example: "/etc/usher/callbacks.pem",
            """
            The listener's own certificate and those that lead to its authority, as PEM. Needs \
            `callbacks.key_file`. Read at the start: restart after a renewal.
            """
        ),
        SettingKey(
            "callbacks.key_file",
            .keyFile,
            .absent("plain HTTP is spoken, for a proxy that ends TLS"),
            example: "/run/credentials/usher/callbacks.key",
            """
            The private key of `callbacks.certificate_file`, as PEM without a password.
            """
        ),
        SettingKey(
            "callbacks.behind_proxy",
            .flag,
            .fallback("false"),
            example: "true",
            """
            Allows plain HTTP on an address that other machines reach. Only for a proxy that ends TLS, in a network \
            that nobody else reads: the signature covers few fields of a post.
            """
        ),
        SettingKey(
            "callbacks.topic",
            .text(.name),
            .fallback("vt.session.transactions"),
            example: "payments.transactions",
            """
            The topic that events are published on.
            """
        ),
        SettingKey(
            "callbacks.deadline",
            .duration(.milliseconds(100)...(.seconds(30))),
            .fallback("5s"),
            example: "2s",
            """
            How long the Cashier waits at most for an answer. What could not be stored by then is answered with \
            status −1, upon which the Cashier posts it again; a payment that could not be validated is blocked.
            """
        ),
        SettingKey(
            "callbacks.signature_header",
            .text(.name),
            .fallback("Gt-Authentication"),
            example: "External-Request-Signature",
            """
            The header of a post that carries its signature, in any case of letters.
            """
        ),
        SettingKey(
            "callbacks.answer_headers",
            .texts(.name),
            .fallback("[Gt-Authentication, External-Request-Signature]"),
            example: "[Gt-Authentication]",
            """
            The headers that carry an answer's signature. The Cashier's pages name either.
            """
        ),
        SettingKey(
            "callbacks.body_max",
            .size((4 * 1024)...(1024 * 1024)),
            .fallback("64KiB"),
            example: "256KiB",
            """
            The largest post that is read.
            """
        ),
        SettingKey(
            "callbacks.connections_max",
            .integer(1...10_000),
            .fallback("512"),
            example: "100",
            """
            Connections open at once. Beyond them, the longest idle one is closed for a newcomer; if none is idle, one \
            that asks more at once than its turn has time for; if there is none, the one that has been sending its \
            request for longest, and for a second at least. While there is none of these, newcomers wait. Of \
            notifications and of validations up to twice as many wait for the database; further ones are answered with \
            status −1 at once.
            """
        ),
        SettingKey(
            "callbacks.clock_skew",
            .duration(.seconds(0)...(.seconds(600))),
            .fallback("60s"),
            example: "10s",
            """
            How far the Cashier's clock may be ahead of the database's. A session counts as open for so long after \
            its end.
            """
        ),
        SettingKey(
            "callbacks.replay_window",
            .duration(.seconds(600)...(.seconds(2_592_000))),
            .fallback("24h"),
            example: "1h",
            """
            How old the timestamp of a notification may be. The Cashier repeats what was not taken, and it is not \
            published whether with a new timestamp: a window shorter than your longest outage may lose something. \
            Repeats within it are harmless; of two statuses that came about in one second the second must come \
            within 15 minutes.
            """
        ),
        SettingKey(
            "callbacks.refusal_text",
            .text(.line(200)),
            .fallback("This payment cannot be accepted. Please contact your agent."),
            example: "Please call us before you pay.",
            """
            What the customer reads when a payment does not pass its validation.
            """
        ),
    ]
}
