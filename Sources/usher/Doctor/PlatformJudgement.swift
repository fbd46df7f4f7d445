import KafkaTransport
import Settings

/// What this machine and its libraries mean for a worker. Pure.
enum PlatformJudgement {
    /// librdkafka's number for 2.6.1.
    private static let scramMended: Int32 = 0x0206_01FF

    /// - Parameters:
    ///   - librdkafka: as `KafkaLibrary.number` says it.
    ///   - mechanism: the SASL mechanism, if there is a login.
    static func libraries(
        _ libraries: [(name: String, version: String)],
        librdkafka: Int32,
        mechanism: String?
    ) -> [Finding] {
        let list = libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        guard librdkafka >= KafkaLibrary.numberMin else {
            return [.problem("\(list): this librdkafka is older than 2.0: no verb that needs Kafka runs; upgrade it")]
        }
        guard librdkafka < scramMended, let mechanism, mechanism.hasPrefix("SCRAM") else { return [.ok(list)] }
        return [
            .ok(list),
            .advice(
                "this librdkafka cannot log in to Kafka 4 with \(mechanism), which then speaks of wrong credentials: "
                    + "install 2.6.1 or newer, or use PLAIN or a client certificate"
            ),
        ]
    }

    /// - Parameters:
    ///   - files: what reading them came to.
    ///   - user: for whom; root's judgement is worth nothing where another user runs the worker.
    static func files(_ files: Result<Void, any Error>, user: UInt32) -> [Finding] {
        let problems: [Finding]
        switch files {
        case .success:
            return [.ok("every file that the settings name can be read, secrets by their owner only")]
        case .failure(let error as SettingsError):
            problems = error.problems.map { .problem($0.description) }
        case .failure(let error):
            problems = [.problem(Explanation.of(error).message)]
        }
        let hint = "the files were judged for root: run this as the user that runs usher before an owner is changed"
        return problems + (user == 0 ? [.advice(hint)] : [])
    }

    /// - Parameters:
    ///   - coreLimit: the soft limit of core files, in bytes.
    ///   - backtrace: the value of SWIFT_BACKTRACE.
    static func crashes(coreLimit: UInt64, backtrace: String?) -> [Finding] {
        var findings: [Finding] = []
        // The worker forbids dumps of itself as well; the limit also covers the moments before it does.
        findings.append(
            coreLimit == 0
                ? .ok("core dumps are off")
                : .advice("core dumps are allowed here: set LimitCORE=0 (systemd) or `ulimit -c 0` for the worker")
        )
        let words = Set((backtrace ?? "").split(separator: ",").map(String.init))
        let isQuiet = !words.isDisjoint(with: ["enable=no", "enable=off", "enable=false", "registers=none"])
        findings.append(
            isQuiet
                ? .ok("crash reports of the Swift runtime show no memory")
                : .advice(
                    "crash reports of the Swift runtime may show memory, links among it: set "
                        + "SWIFT_BACKTRACE=enable=yes,registers=none,color=no for the worker"
                )
        )
        return findings
    }
}
