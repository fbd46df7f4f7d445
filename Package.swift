// swift-tools-version: 6.0
import PackageDescription

/// Every Swift target is compiled alike: language mode 6, existentials spelt out, imports internal, warnings are errors.
/// What is released is optimised across modules: mailboxes and codecs are generic or small, and used next door.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-warnings-as-errors"]),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A module of the product.
func module(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    plugins: [Target.PluginUsage] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict, plugins: plugins)
}

/// The tests of a module; `UsherTestKit` comes with each.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["UsherTestKit"], swiftSettings: strict)
}

/// A C library of the system: its headers and the few shims that Swift cannot do without.
func system(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, providers: [.apt([apt])])
}

let package = Package(
    name: "usher",
    products: [.executable(name: "usher", targets: ["usher"])],
    targets: [
        system("CLibpq", apt: "libpq-dev"),
        system("CLibrdkafka", apt: "librdkafka-dev"),
        system("COpenSSL", apt: "libssl-dev"),
        system("CLibyaml", apt: "libyaml-dev"),
        system("CLinux", apt: "libc6-dev"),

        module("SessionCore"),
        module("BlockingThreads", ["CLinux"]),
        module("Logs", ["BlockingThreads"]),
        module("Cryptography", ["COpenSSL"]),
        module("KafkaTransport", ["CLibrdkafka", "CLinux", "SessionCore", "BlockingThreads", "Logs"]),
        module(
            "PostgresStore",
            ["CLibpq", "SessionCore", "BlockingThreads", "Cryptography", "Logs"],
            plugins: ["EmbedSQL"]
        ),
        module("CashierSignature", ["Cryptography"]),
        module(
            "CashierClient",
            ["CLinux", "SessionCore", "BlockingThreads", "Cryptography", "CashierSignature", "Logs"]
        ),
        module("HTTPServer", ["CLinux", "BlockingThreads", "Cryptography"]),
        module("CashierSimulator", ["HTTPServer", "SessionCore", "Cryptography"]),
        module(
            "Callbacks",
            ["HTTPServer", "SessionCore", "BlockingThreads", "Cryptography", "CashierSignature", "Logs"]
        ),
        module("Worker", ["SessionCore", "BlockingThreads", "Logs"]),
        module("Spelling"),
        module("Settings", ["CLibyaml", "SessionCore", "Spelling"]),
        module("Terminal", ["Spelling"]),
        .executableTarget(
            name: "usher",
            dependencies: [
                "SessionCore", "BlockingThreads", "Logs", "Cryptography", "KafkaTransport", "PostgresStore",
                "CashierSignature", "CashierClient", "CashierSimulator", "HTTPServer", "Callbacks", "Worker",
                "Settings", "Spelling", "Terminal",
            ],
            swiftSettings: strict
        ),

        .executableTarget(name: "EmbedSQLTool", swiftSettings: strict),
        .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["EmbedSQLTool"]),

        module(
            "UsherTestKit",
            ["SessionCore", "BlockingThreads", "PostgresStore", "KafkaTransport", "Cryptography", "Logs"]
        ),
        tests("SessionCoreTests", ["SessionCore", "Cryptography"]),
        tests("BlockingThreadsTests", ["BlockingThreads"]),
        tests("LogsTests", ["Logs"]),
        tests("CryptographyTests", ["Cryptography"]),
        tests("KafkaTransportTests", ["KafkaTransport", "SessionCore", "Logs"]),
        tests("PostgresStoreTests", ["PostgresStore", "SessionCore", "Cryptography", "Logs"]),
        tests(
            "CashierClientTests",
            ["CashierClient", "CashierSignature", "SessionCore", "Cryptography", "CashierSimulator", "PostgresStore"]
        ),
        tests("HTTPServerTests", ["HTTPServer", "BlockingThreads", "Cryptography"]),
        tests("CashierSimulatorTests", ["CashierSimulator", "HTTPServer", "SessionCore", "Cryptography"]),
        tests(
            "CallbacksTests",
            [
                "Callbacks", "HTTPServer", "SessionCore", "BlockingThreads", "Cryptography", "CashierSignature",
                "PostgresStore", "KafkaTransport", "Logs",
            ]
        ),
        tests("WorkerTests", ["Worker", "SessionCore", "Cryptography", "Logs"]),
        tests("SettingsTests", ["Settings", "SessionCore"]),
        tests("TerminalTests", ["Terminal", "Spelling"]),
        tests(
            "UsherTests",
            [
                "usher", "SessionCore", "PostgresStore", "KafkaTransport", "CashierClient", "CashierSimulator",
                "CashierSignature", "Terminal", "Settings", "Cryptography", "Logs",
            ]
        ),
        // Depends on the program so that it is built before it is run.
        tests(
            "EndToEndTests",
            ["SessionCore", "PostgresStore", "KafkaTransport", "Cryptography", "Logs", "usher"]
        ),
        tests("TidyTests", []),
    ]
)
