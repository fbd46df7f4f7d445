/// Who may import whom. SwiftPM does not notice a transitive import, so the import lines are read.
enum ModuleTable {
    /// Imports that each target under `Sources` may have; a target that is not here may not exist.
    static let allowed: [String: Set<String>] = [
        "CLibpq": [], "CLibrdkafka": [], "CLibyaml": [], "CLinux": [], "COpenSSL": [],
        "SessionCore": [],
        "Spelling": [],
        "BlockingThreads": ["CLinux", "Glibc", "Synchronization"],
        "Logs": ["BlockingThreads", "Glibc", "Synchronization"],
        "Cryptography": ["COpenSSL", "Glibc", "Synchronization"],
        "CashierSignature": ["Cryptography"],
        "KafkaTransport": [
            "CLibrdkafka", "CLinux", "SessionCore", "BlockingThreads", "Logs", "Glibc", "Synchronization",
        ],
        "PostgresStore": [
            "CLibpq", "CLinux", "SessionCore", "BlockingThreads", "Cryptography", "Logs", "Glibc", "Synchronization",
        ],
        "CashierClient": [
            "CLinux", "SessionCore", "BlockingThreads", "Cryptography", "CashierSignature", "Logs", "Glibc",
            "Synchronization",
        ],
        "HTTPServer": ["CLinux", "BlockingThreads", "Cryptography", "Glibc", "Synchronization"],
        "CashierSimulator": [
            "CLinux", "HTTPServer", "SessionCore", "Cryptography", "BlockingThreads", "Glibc", "Synchronization",
        ],
        "Callbacks": [
            "HTTPServer", "SessionCore", "BlockingThreads", "Cryptography", "CashierSignature", "Logs",
            "Synchronization",
        ],
        "Worker": ["SessionCore", "BlockingThreads", "Logs", "Synchronization"],
        "Settings": ["CLibyaml", "SessionCore", "Spelling", "Glibc"],
        "Terminal": ["Spelling", "Glibc"],
        "usher": [
            "SessionCore", "BlockingThreads", "Logs", "Cryptography", "KafkaTransport", "PostgresStore",
            "CashierSignature", "CashierClient", "CashierSimulator", "HTTPServer", "Callbacks", "Worker", "Settings",
            "Spelling", "Terminal", "CLinux", "Glibc", "Synchronization",
        ],
        "EmbedSQLTool": ["Foundation", "Glibc"],
        "UsherTestKit": [
            "SessionCore", "BlockingThreads", "Logs", "Cryptography", "KafkaTransport", "PostgresStore",
            "CashierClient",
            "CashierSimulator", "CLinux", "Glibc", "Synchronization", "Testing",
        ],
    ]

    /// Modules that reach something outside the process. None of them knows another.
    static let adapters: Set<String> = ["KafkaTransport", "PostgresStore", "CashierClient", "CashierSimulator"]

    /// The one module that may import a C library.
    static let doors = [
        "CLibrdkafka": "KafkaTransport", "CLibpq": "PostgresStore", "COpenSSL": "Cryptography", "CLibyaml": "Settings",
    ]
}
