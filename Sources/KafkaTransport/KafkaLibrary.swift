import CLibrdkafka

/// The librdkafka that is loaded, which may be another than the one compiled against.
package enum KafkaLibrary {
    package static var version: String { String(cString: rd_kafka_version_str()) }

    /// The version as one number that can be compared: `0xMMmmrrpp`.
    package static var number: Int32 { rd_kafka_version() }

    /// 2.0.0. Older ones lack functions that are called, and have defects that nothing here works around.
    package static let numberMin: Int32 = 0x0200_0000
}
