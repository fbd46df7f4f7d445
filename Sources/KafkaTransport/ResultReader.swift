import BlockingThreads
import CLibrdkafka
package import Logs
package import SessionCore
import Synchronization

/// A record read back from a topic, with its headers.
package struct ReadRecord: Equatable, Sendable {
    package var position: RecordPosition
    /// When it was written, in milliseconds since 1970; nil where Kafka does not say.
    package var timestampMs: Int64?
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [RecordHeader]

    /// The last header of that name, as text.
    package func header(_ name: String) -> String? {
        headers.last { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

/// Reads a topic outside any consumer group, from positions of its own: what `usher results` uses.
package actor ResultReader {
    /// Where reading starts.
    package enum Start: Equatable, Sendable {
        case beginning
        /// Only what is written from now on.
        case end
        /// The first record of each partition that is not older; milliseconds since 1970.
        case time(milliseconds: Int64)
    }

    /// What to read.
    package struct Request: Equatable, Sendable {
        package var topic: String
        package var start: Start
        /// Goes on for ever, in partitions that are added as well; otherwise reading ends where each partition ended
        /// when it was first asked.
        package var follows: Bool
        /// Only records with this key; nil for all.
        package var key: [UInt8]?
        /// How long no broker may answer. Then reading ends with an error; following goes on, and `News.away` is told.
        package var patience: Duration
        /// How often it is looked for partitions that were added, while following.
        package var looksEvery: Duration

        package init(
            topic: String,
            start: Start,
            follows: Bool,
            key: [UInt8]? = nil,
            patience: Duration = .seconds(30),
            looksEvery: Duration = .seconds(30)
        ) {
            self.topic = topic
            self.start = start
            self.follows = follows
            self.key = key
            self.patience = patience
            self.looksEvery = looksEvery
        }
    }

    /// What is told of the brokers: once reading begins, and while following.
    package enum News: Equatable, Sendable {
        /// A partition is left out, as it has no leader or, with an error, failed while others told. Following reads it
        /// once that ends.
        case unread(TopicPartition, TransportError?)
        /// None has answered for the request's patience; reading goes on when one does.
        case away
        /// One answers again.
        case back
    }

    /// Called on the reader's thread.
    package typealias OnNews = @Sendable (News) -> Void

    /// Partitions that are left out, as `News.unread` told; none before the first `next` and after `close`.
    package var unread: [TopicPartition] { reading?.unread ?? [] }

    private static let roundRecordsMax = 500
    private static let waitMs: Int32 = 100
    private static let queryMs: Int32 = 10_000

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let executor = ThreadExecutor(name: "usher-reader")
    private let isStopped = Atomic(false)
    private let settings: KafkaSettings
    private let request: Request
    private let log: Log
    private let onNews: OnNews
    private var reading: TopicReading?

    /// Does not connect yet: the first `next` does.
    package init(
        _ settings: KafkaSettings,
        _ request: Request,
        log: Log,
        onNews: @escaping OnNews = { _ in }
    ) {
        self.settings = settings
        self.request = request
        self.log = log
        self.onNews = onNews
    }

    /// Waits for records and returns what has come, in offset order per partition; nil at the end. Throws
    /// `TransportError` if the topic cannot be read, or, unless it follows, no broker has answered for the request's
    /// patience.
    package func next() throws(TransportError) -> [ReadRecord]? {
        let reading = try open()
        while !isStopped.load(ordering: .acquiring), !reading.isAtEnd {
            let records = try reading.round(waitMs: Self.waitMs, recordsMax: Self.roundRecordsMax)
            let wanted = request.key.map { key in records.filter { $0.key == key } } ?? records
            if !wanted.isEmpty { return wanted }
        }
        return nil
    }

    /// Makes `next`, running or to come, return nil soon.
    package nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
    }

    /// Ends the client. `next` must not be called afterwards.
    package func close() {
        stop()
        reading?.close()
        reading = nil
    }

    private func open() throws(TransportError) -> TopicReading {
        if let reading { return reading }
        let opened = try TopicReading.open(settings, request, queryMs: Self.queryMs, log: log, onNews: onNews)
        reading = opened
        return opened
    }
}
