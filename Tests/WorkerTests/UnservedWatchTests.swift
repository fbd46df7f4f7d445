import Logs
import SessionCore
import Testing
import UsherTestKit

@testable import Worker

/// Jobs wait whose account no worker has.
@Suite("Unserved accounts")
struct UnservedWatchTests {
    private let lines = Lines()

    private func count(_ text: String) -> Int {
        lines.all.count { $0.contains(text) }
    }

    @Test("one look proves nothing: what the next does not find is not told of")
    func toldOnTheSecondLook() {
        var watch = UnservedWatch(log: Log(level: .info, format: .text) { [lines] in lines.add($0) }, from: .zero)
        let gone = UnservedAccount(name: "gone", waiting: 12)
        watch.found([gone], at: .seconds(5))
        #expect(watch.isDue(at: .seconds(15)) && watch.names.isEmpty)
        watch.found([], at: .seconds(15))
        #expect(!watch.isDue(at: .seconds(74)))
        watch.found([gone], at: .seconds(75))
        #expect(lines.all.isEmpty && watch.names.isEmpty)
        watch.found([gone], at: .seconds(85))
        #expect(watch.names == ["gone"])
    }

    @Test("each is told once, once more an hour later, and when it is over")
    func toldOnce() {
        var watch = UnservedWatch(log: Log(level: .info, format: .text) { [lines] in lines.add($0) }, from: .zero)
        #expect(!watch.isDue(at: .seconds(4)))
        #expect(watch.isDue(at: .seconds(5)))
        let gone = UnservedAccount(name: "gone", waiting: 12)
        watch.found([gone], at: .seconds(-5))
        watch.found([gone], at: .seconds(5))
        #expect(!watch.isDue(at: .seconds(64)))
        #expect(watch.isDue(at: .seconds(65)))
        #expect(count("whose account no worker has") == 1 && count("account=gone jobs=12") == 1)
        for minute in 1..<60 { watch.found([gone], at: .seconds(5 + minute * 60)) }
        #expect(lines.all.count == 1)
        let late = UnservedAccount(name: "late", waiting: 100, isCut: true)
        watch.found([gone, late], at: .seconds(3_595))
        watch.found([gone, late], at: .seconds(3_605))
        #expect(count("account=gone") == 2 && count(#"account=late jobs="100 or more""#) == 1)
        #expect(watch.names == ["gone", "late"])
        watch.found([gone], at: .seconds(3_665))
        #expect(lines.all.count == 4 && count("served again") == 1)
        #expect(watch.names == ["gone"])
    }

    @Test("a worker tells of jobs whose account it does not have, and does not count them as its backlog")
    func workerTells() async throws {
        let bench = WorkerBench(answer: WorkerBench.opened)
        let job = AcceptedJob(
            partition: 9,
            offset: 0,
            order: Order(account: "renamed", orderID: "o-1"),
            lane: .interactive,
            campaign: nil,
            notBefore: nil,
            notAfter: Timestamp(seconds: 2_000_000),
            contentDigest: [],
            body: [],
            traceparent: nil
        )
        _ = try await bench.store.ingest(
            IngestBatch(topic: "jobs", ranges: [], jobs: [job], quarantined: [], lease: .seconds(60))
        )
        try await bench.eventually("it is told") { bench.hasLogged("account=renamed jobs=1") }
        try await bench.eventually("it pauses no topic") { bench.store.leftOut == ["renamed"] }
        #expect(bench.logged("whose account no worker has") == 1)
        try await bench.stop()
        #expect(bench.store.row("o-1")?.state == .ready)
    }
}
