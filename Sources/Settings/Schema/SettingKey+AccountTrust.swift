extension SettingKey {
    /// Fields of a request that can be signed.
    package static let signedRequestFields = [
        "merchant_id", "application_key", "timestamp", "intent", "cid", "order_id", "agent_name", "version",
    ]
    /// Fields of an answer that can be signed.
    package static let signedAnswerFields = [
        "status", "description", "timestamp", "version", "redirect_url", "customer.customer_token",
        "session.auth_token", "session.order_id", "session.cid", "session.intent", "session.currency",
        "session.amount", "session.session_status", "transaction.tid", "transaction.transaction_status",
        "transaction.currency", "transaction.amount",
    ]
    /// What the signature of an answer with a link must cover.
    static let signedLinkFields = ["status", "timestamp", "redirect_url"]

    /// How requests are signed, and what makes an answer credible. None of these lets a link out that is not signed.
    static let accountTrust: [SettingKey] = [
        SettingKey(
            "accounts.<name>.request_signature_fields",
            .choices(signedRequestFields),
            .fallback("[merchant_id, application_key, timestamp, intent, cid, order_id, agent_name]"),
            example: "[merchant_id, application_key, timestamp, intent, cid, order_id]",
            """
            What the signature of a request to open a session covers, in order. Fields without a value add nothing.
            """
        ),
        SettingKey(
            "accounts.<name>.response_signature_fields",
            .choices(signedAnswerFields),
            .fallback("[status, timestamp, redirect_url, customer.customer_token]"),
            example: "[status, timestamp, redirect_url]",
            """
            What the signature of its answer covers, in order; a dot leads into an object. `status`, `timestamp` and \
            `redirect_url` must be among them: without, a link would go out that nobody vouches for.
            """
        ),
        SettingKey(
            "accounts.<name>.look_up_signature_fields",
            .choices(["merchant_id", "application_key", "timestamp", "order_id", "version"]),
            .fallback("[merchant_id, application_key, timestamp, order_id]"),
            example: "[merchant_id, application_key, timestamp, order_id, version]",
            """
            What the signature of a look-up covers, in order.
            """
        ),
        SettingKey(
            "accounts.<name>.look_up_response_signature_fields",
            .choices(signedAnswerFields),
            .absent("signatures of look-ups are not checked, because what they cover is not published"),
            example: "[status, timestamp, customer.customer_token]",
            """
            What the signature of a look-up's answer covers, in order. A look-up yields no link, only whether to \
            send again.
            """
        ),
        SettingKey(
            "accounts.<name>.request_signature_header",
            .text(.name),
            .fallback("Gt-Authentication"),
            example: "External-Request-Signature",
            """
            The header that carries a request's signature.
            """
        ),
        SettingKey(
            "accounts.<name>.response_signature_header",
            .text(.name),
            .fallback("Gt-Authentication"),
            example: "External-Response-Signature",
            """
            The header that carries an answer's signature, in any case of letters.
            """
        ),
        SettingKey(
            "accounts.<name>.error_signatures",
            .choice(["optional", "required", "ignored"]),
            .fallback("optional"),
            example: "required",
            """
            What an answer needs that opens nothing. `optional` believes it unsigned, as the Cashier's basic errors \
            come, and doubts it where its signature is wrong; `required` doubts it without a valid one; `ignored` \
            looks at no signature. What is doubted is looked up. An answer that opens a session always needs a valid \
            signature: there is no setting for that.
            """
        ),
        SettingKey(
            "accounts.<name>.amount_echo",
            .choice(["checked", "ignored"]),
            .fallback("checked"),
            example: "ignored",
            """
            Whether an answer that names another amount than the job is doubted. Order and customer are always \
            compared, and must be there.
            """
        ),
        SettingKey(
            "accounts.<name>.currency_echo",
            .choice(["checked", "ignored"]),
            .fallback("checked"),
            example: "ignored",
            """
            Whether an answer that names another currency than the job is doubted.
            """
        ),
        SettingKey(
            "accounts.<name>.intent_echo",
            .choice(["checked", "ignored"]),
            .fallback("checked"),
            example: "ignored",
            """
            Whether an answer that names another intent than the job is doubted.
            """
        ),
        SettingKey(
            "accounts.<name>.redirect_url_max",
            .size(256...8192),
            .fallback("2KiB"),
            example: "256B",
            """
            The longest redirect URL that is believed. The Cashier's page says 256; it must be `https` and whole in \
            any case.
            """
        ),
    ]
}
