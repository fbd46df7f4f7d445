import CLibrdkafka

/// The librdkafka that is loaded, which may be another than the one compiled against.
package enum KafkaLibrary {
    package static var version: String { String(cString: rd_kafka_version_str()) }

    /// The version as one number that can be compared: `0xMMmmrrpp`.
    package static var number: Int32 { rd_kafka_version() }
}
