import SessionCore

extension SettingKey {
    /// Sets of Cashier credentials.
    static let accounts: [SettingKey] = accountCalls + accountLoad + accountTrust

    /// Where requests go, with what, and what jobs may ask for.
    private static let accountCalls: [SettingKey] = [
        SettingKey(
            "accounts.<name>.endpoint",
            .text(.url),
            .required,
            example: "https://gw.praxisgate.com/cashier/virtual-terminal",
            """
            The full URL of the virtual terminal, for the live system or the sandbox.
            """
        ),
        SettingKey(
            "accounts.<name>.find_order_endpoint",
            .text(.url),
            .absent(
                "made of an `endpoint` that ends in `/cashier/virtual-terminal`, with `/agent/find-order` in its place"
            ),
            example: "https://gw.praxisgate.com/agent/find-order",
            """
            The full URL of the look-up that says what became of an order. Only needed where it cannot be made \
            from `endpoint`.
            """
        ),
        SettingKey(
            "accounts.<name>.merchant_id",
            .text(.line(50)),
            .required,
            example: "Test-Integration-Merchant",
            """
            The account's `merchant_id` at the Cashier.
            """
        ),
        SettingKey(
            "accounts.<name>.application_key",
            .text(.line(50)),
            .required,
            example: "Sandbox",
            """
            The account's `application_key` at the Cashier.
            """
        ),
        SettingKey(
            "accounts.<name>.secret_file",
            .secretFile,
            .required,
            example: "/run/credentials/usher/merchant-secret",
            """
            The merchant secret that signs requests and verifies answers. A change of the file is seen within \
            seconds, or at once upon SIGHUP; nothing is restarted.
            """
        ),
        SettingKey(
            "accounts.<name>.previous_secret_file",
            .secretFile,
            .absent("only `secret_file` verifies"),
            example: "/run/credentials/usher/merchant-secret-previous",
            """
            While a secret is being changed: another one that verifies answers too and signs nothing, for as \
            long as the setting is there. A change of the file is seen like one of `secret_file`.
            """
        ),
        SettingKey(
            "accounts.<name>.secret_overlap",
            .duration(.zero...(.seconds(86_400))),
            .fallback("15m"),
            example: "1h",
            """
            How long a secret goes on verifying answers and callbacks after another took its place in \
            `secret_file`. It is kept in memory only: a restart ends it.
            """
        ),
        SettingKey(
            "accounts.<name>.clock_offset",
            .duration(.seconds(-300)...(.seconds(300))),
            .fallback("-1s"),
            example: "-2s",
            """
            What is added to the time before a request is signed, in whole seconds. The Cashier refuses timestamps \
            from its future: measure its clock with `usher doctor` and stay behind it.
            """
        ),
        SettingKey(
            "accounts.<name>.customer_key",
            .text(.line(32)),
            .fallback("customer_data"),
            example: "customer",
            """
            The name of the customer object in the request.
            """
        ),
        SettingKey(
            "accounts.<name>.customer_required",
            .flag,
            .fallback("true"),
            example: "false",
            """
            Whether a job must bring `customer_data` or `customer_token`. Newer pages of the Cashier require one \
            of them.
            """
        ),
        SettingKey(
            "accounts.<name>.required_customer_fields",
            .choices(JobFields.customer.map { JobFields[$0].name }),
            .fallback("[country, first_name, last_name, email]"),
            example: "[country, email]",
            """
            Members that `customer_data` must have, where a job brings it. Besides, `zip` is required for customers \
            in US and CA, and `state` for those in US, CA and AU.
            """
        ),
        SettingKey(
            "accounts.<name>.phone_format",
            .choice(["string", "number"]),
            .fallback("string"),
            example: "number",
            """
            Whether a phone number is sent as a JSON string or as a JSON number.
            """
        ),
        SettingKey(
            "accounts.<name>.null_policy",
            .choice(["omit", "null"]),
            .fallback("omit"),
            example: "null",
            """
            Whether optional fields without a value are left out of the request or sent as `null`.
            """
        ),
        SettingKey(
            "accounts.<name>.amount_required",
            .flag,
            .fallback("false"),
            example: "true",
            """
            Whether a job must name an amount. Otherwise the agent may decide on it in the session.
            """
        ),
        SettingKey(
            "accounts.<name>.length_unit",
            .choice(["characters", "bytes"]),
            .fallback("characters"),
            example: "bytes",
            """
            What the Cashier's length limits of names count: Unicode scalars or bytes of UTF-8.
            """
        ),
        SettingKey(
            "accounts.<name>.allowed_redirect_hosts",
            .texts(.hostOrHostAndPort),
            .absent("any host"),
            example: "[cashier.example.com, pay.example.com:8443]",
            """
            Hosts that a redirect URL may lead to: `host` for port 443, `host:port` for another. Capitals do not \
            matter; a subdomain is another host. An answer with another host or port is not believed.
            """
        ),
        SettingKey(
            "accounts.<name>.allowed_callback_hosts",
            .texts(.hostOrHostAndPort),
            .absent("any host"),
            example: "[crm.example.com, hooks.example.com:8443]",
            """
            Hosts that a job's `notification_url`, `validation_url` and `return_url` may name: `host` for port 443, \
            `host:port` for another. Capitals do not matter; a subdomain is another host. A job with another host \
            or port is refused.
            """
        ),
        SettingKey(
            "accounts.<name>.allow_http_loopback",
            .flag,
            .fallback("false"),
            example: "true",
            """
            Lets `endpoint` be plain `http` on this machine: for the simulator only.
            """
        ),
        SettingKey(
            "accounts.<name>.ca_file",
            .file,
            .absent("the system's certificate authorities are trusted"),
            example: "/etc/usher/cashier-ca.pem",
            """
            Certificate authorities that the Cashier's certificate must come from, as PEM.
            """
        ),
        SettingKey(
            "accounts.<name>.connect_timeout",
            .duration(.milliseconds(100)...(.seconds(30))),
            .fallback("5s"),
            example: "3s",
            """
            How long connecting may take, the TLS handshake included; of several addresses of a name each gets its \
            share. A job that was not sent because of it is simply tried again.
            """
        ),
        SettingKey(
            "accounts.<name>.timeout",
            .duration(.seconds(1)...(.seconds(50))),
            .fallback("20s"),
            example: "15s",
            """
            How long a whole call may take. A call that ends by it has an unknown outcome, which must be looked \
            up.
            """
        ),
        SettingKey(
            "accounts.<name>.session_lifetime",
            .duration(.seconds(60)...(.seconds(86400))),
            .fallback("15m"),
            example: "10m",
            """
            How long a session lives at the Cashier. A link's `expires_at` counts it from the mark before its request, \
            which is up to `dispatch.send_within` and `timeout` (45 s) before the Cashier's answer: rather too early \
            than too late.
            """
        ),
        SettingKey(
            "accounts.<name>.reply_freshness",
            .duration(.seconds(1)...(.seconds(3600))),
            .fallback("5m"),
            example: "1m",
            """
            How far an answer's timestamp may be from the time now. An older answer may be a replayed one and is \
            not believed.
            """
        ),
        SettingKey(
            "accounts.<name>.api_version",
            .text(.line(3)),
            .fallback("1.3"),
            example: "1.4",
            """
            The `version` that requests name. The Cashier serves only 1.3.
            """
        ),
        SettingKey(
            "accounts.<name>.intents",
            .choices(Intent.allCases.map(\.rawValue)),
            .fallback("[authorization, payment, withdrawal]"),
            example: "[payment]",
            """
            What jobs may ask for.
            """
        ),
        SettingKey(
            "accounts.<name>.currencies",
            .texts(.currency),
            .absent("every currency of ISO 4217, and those of `currency_exponents`"),
            example: "[EUR, USD]",
            """
            Currencies that jobs may name.
            """
        ),
        SettingKey(
            "accounts.<name>.currency_exponents",
            .exponents,
            .absent("those of ISO 4217"),
            example: "{BTC: 8}",
            """
            Decimal places of the minor unit, for codes that are not in ISO 4217. Ask the Cashier's support: a \
            wrong number is a wrong amount. `CLF` and `UYW` are refused unless they stand here: the standard gives \
            them 4 places, and the Cashier's list would make it 2.
            """
        ),
        SettingKey(
            "accounts.<name>.locales",
            .texts(.locale),
            .absent("every locale of the form `ll-CC`, because the Cashier's list is not published"),
            example: "[en-GB, de-DE]",
            """
            Locales that jobs may name.
            """
        ),
        SettingKey(
            "accounts.<name>.locale_default",
            .text(.locale),
            .absent("a job must name its locale"),
            example: "en-GB",
            """
            The locale of jobs that name none.
            """
        ),
        SettingKey(
            "accounts.<name>.look_up",
            .flag,
            .fallback("true"),
            example: "false",
            """
            Whether orders with an unknown outcome are looked up. Turn it off if the account has no Agent API: \
            `unknown_policy` then decides as soon as the lost request can no longer be accepted.
            """
        ),
        SettingKey(
            "accounts.<name>.unknown_policy",
            .choice(["repost", "wait", "park"]),
            .fallback("repost"),
            example: "wait",
            """
            What happens when an answer was lost and the look-up finds an open session, whose link nobody can \
            learn any more. `repost` opens another at once, `wait` opens another once the lost one has expired \
            (`session_lifetime` after its request could last be accepted), `park` leaves the order to an operator: it \
            stays as it is, `usher show` tells why, until `usher decide` ends it or has it sent again. Where the \
            Cashier refuses look-ups, `repost` is taken as `wait`.
            """
        ),
        SettingKey(
            "accounts.<name>.callbacks",
            .flag,
            .fallback("true"),
            example: "false",
            """
            Whether `usher callbacks` takes the account's notifications and validations. Otherwise they are refused \
            like those of a stranger.
            """
        ),
    ]
}
