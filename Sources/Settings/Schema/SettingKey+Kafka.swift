import SessionCore

extension SettingKey {
    /// Where jobs come from and where results go.
    static let kafka: [SettingKey] = [
        SettingKey(
            "kafka.bootstrap_servers",
            .texts(.hostAndPort),
            .required,
            example: "[kafka-1.example.net:9093, kafka-2.example.net:9093]",
            """
            The brokers to begin with, as a list of `host:port`. Two or three are enough: the rest is learnt \
            from them.
            """
        ),
        SettingKey(
            "kafka.security.protocol",
            .choice(["plaintext", "ssl", "sasl_ssl"]),
            .fallback("ssl"),
            example: "sasl_ssl",
            """
            How brokers are reached. `ssl` verifies the broker's certificate and host name and may show a \
            certificate of its own; `sasl_ssl` logs in with a name and a password besides. `plaintext` is taken \
            for brokers on this machine, and for others only with `kafka.security.allow_plaintext`.
            """
        ),
        SettingKey(
            "kafka.security.ca_file",
            .file,
            .absent("the system's certificate authorities are trusted"),
            example: "/etc/usher/kafka-ca.pem",
            """
            Certificate authorities that a broker's certificate must come from, as PEM.
            """
        ),
        SettingKey(
            "kafka.security.certificate_file",
            .file,
            .absent("no client certificate is shown"),
            example: "/etc/usher/kafka-client.pem",
            """
            Usher's own certificate for the brokers, as PEM: its login with the protocol `ssl`. Needs \
            `kafka.security.key_file`.
            """
        ),
        SettingKey(
            "kafka.security.key_file",
            .keyFile,
            .absent("no client certificate is shown"),
            example: "/run/credentials/usher/kafka-client.key",
            """
            The private key of `kafka.security.certificate_file`, as PEM.
            """
        ),
        SettingKey(
            "kafka.security.key_password_file",
            .secretFile,
            .absent("the private key is not encrypted"),
            example: "/run/credentials/usher/kafka-client.key.password",
            """
            The password of the private key.
            """
        ),
        SettingKey(
            "kafka.security.sasl_mechanism",
            .choice(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
            .absent("required with `sasl_ssl`"),
            example: "SCRAM-SHA-512",
            """
            How the password is proved to the broker. librdkafka before 2.6.1 cannot log in to Kafka 4 with \
            SCRAM: use a client certificate there.
            """
        ),
        SettingKey(
            "kafka.security.username",
            .text(.line(255)),
            .absent("required with `sasl_ssl`"),
            example: "usher",
            """
            The name to log in with.
            """
        ),
        SettingKey(
            "kafka.security.password_file",
            .secretFile,
            .absent("required with `sasl_ssl`"),
            example: "/run/credentials/usher/kafka-password",
            """
            The password to log in with. The file is read again while Usher runs, for the next login to a broker.
            """
        ),
        SettingKey(
            "kafka.security.allow_plaintext",
            .flag,
            .fallback("false"),
            example: "true",
            """
            Lets `plaintext` reach brokers on other machines. Results carry links that log a customer in, so \
            anyone on the way could use them: for closed test networks only.
            """
        ),
        SettingKey(
            "kafka.group_id",
            .text(.name),
            .fallback("usher"),
            example: "usher-eu",
            """
            The consumer group. Every worker of one installation uses the same; jobs are spread over them.
            """
        ),
        SettingKey(
            "kafka.client_id",
            .text(.name),
            .fallback("usher"),
            example: "usher-eu-1",
            """
            The name under which the brokers log and limit this client.
            """
        ),
        SettingKey(
            "kafka.jobs_topics",
            .items,
            .fallback("[{name: vt.session.jobs}]"),
            example: "[{name: vt.session.jobs, lane: interactive}]",
            """
            The topics that jobs are read from, each with a lane and a cap of its own. An element that is only a \
            name is short for `{name: …}`.
            """
        ),
        SettingKey(
            "kafka.jobs_topics[].name",
            .text(.name),
            .required,
            example: "vt.session.jobs.bulk",
            """
            The topic. It must exist: Usher creates none on a cluster of yours.
            """
        ),
        SettingKey(
            "kafka.jobs_topics[].lane",
            .choice(["interactive", "campaign", "auto"]),
            .fallback("auto"),
            example: "campaign",
            """
            The lane of the topic's jobs. `auto` puts a job with a `campaign` field into the campaign lane and \
            any other into the interactive one. Give campaigns a topic of their own: while agents send jobs, and \
            for half a minute after, a worker takes only small batches from topics of the lane `campaign`, one \
            after another, so that agents do not wait for them; from a topic of both it takes all there is. \
            Its line of progress says when campaigns make room.
            """
        ),
        SettingKey(
            "kafka.jobs_topics[].backlog_max",
            .integer(1...Backlog.capsMax),
            .fallback("5_000_000"),
            example: "1_000_000",
            """
            How many unfinished jobs of this topic may wait in Postgres, in jobs. At the cap the topic is \
            paused; other topics go on. Jobs whose account no worker has do not count. The caps of all topics \
            together are at most 20,000,000, as no more jobs are counted: with more than four topics set each. \
            While they cannot be counted within `postgres.statement_timeout`, the last count holds.
            """
        ),
        SettingKey(
            "kafka.results_topic",
            .text(.name),
            .fallback("vt.session.results"),
            example: "vt.session.results.eu",
            """
            The topic that results are published to. It must exist. Results of opened sessions hold links that \
            log a customer in: keep records for an hour at most (`retention.ms` and `segment.ms`), do not compact \
            the topic, and keep its readers few.
            """
        ),
        SettingKey(
            "kafka.session_timeout",
            .duration(.seconds(6)...(.seconds(300))),
            .fallback("45s"),
            example: "30s",
            """
            How long the group waits for a silent worker before its partitions go to others. Must lie within the \
            broker's `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
            """
        ),
        SettingKey(
            "kafka.leave_after",
            .duration(.seconds(5)...(.seconds(3600))),
            .fallback("60s"),
            example: "20s",
            """
            After how long without Postgres a worker leaves the group, so that its partitions go to workers that may \
            have one. It joins again when one that writes gets through. Keep it longer than Postgres is away in a \
            failover: where all workers lose it alike, leaving only costs them the seconds of joining again.
            """
        ),
        SettingKey(
            "kafka.queued_max",
            .size(1 << 20...1 << 30),
            .fallback("16MiB"),
            example: "64MiB",
            """
            Memory for records that were fetched and not yet taken, in bytes over all partitions.
            """
        ),
        SettingKey(
            "kafka.properties",
            .properties,
            .absent("none"),
            example: "{socket.keepalive.enable: \"true\"}",
            """
            Further properties of librdkafka under its own names, for experts. Those that carry secrets, and \
            those that Usher's guarantees rest on, are refused.
            """
        ),
    ]
}
