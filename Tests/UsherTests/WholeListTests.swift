import Cryptography
import PostgresStore
import SessionCore
import Testing
import UsherTestKit

@testable import usher

@Suite("Lists that are printed whole", .enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct WholeListTests {
    /// What a reader got of a list, and how it ended.
    private struct Printed {
        var text = ""
        var list: WholeList
        var ending: WholeList.Ending

        var lines: [String] { text.split(separator: "\n").map { String($0) } }
        var orders: [String] { lines.map { value("order_id", in: $0) } }

        func value(_ name: String, in line: String) -> String {
            let parts = line.split(separator: "\"\(name)\":\"", maxSplits: 1)
            return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : ""
        }
    }

    private func orders(_ count: Int64, in store: PostgresStore) async throws -> Set<String> {
        let jobs = (0..<count).map { number in
            AcceptedJob(
                partition: 0,
                offset: number,
                order: Order(account: "main", orderID: "o-\(number)"),
                lane: .interactive,
                campaign: nil,
                notBefore: nil,
                notAfter: Timestamp(seconds: 4_102_444_800),
                contentDigest: Hashes.sha256(Array("\(number)".utf8)),
                body: Array("body".utf8),
                traceparent: nil
            )
        }
        try await ingest(jobs, next: count, into: store)
        return Set(jobs.map(\.order.orderID))
    }

    private func ingest(
        _ jobs: [AcceptedJob],
        refused: [QuarantinedRecord] = [],
        next: Int64,
        into store: PostgresStore
    ) async throws {
        let range = PartitionRange(partition: 0, start: 0, next: next)
        _ = try await store.ingest(
            IngestBatch(topic: "jobs", ranges: [range], jobs: jobs, quarantined: refused, lease: .seconds(60))
        )
    }

    /// Prints orders by pages of 50, from a cursor on.
    private func print(
        _ store: PostgresStore,
        after cursor: String? = nil,
        isJSON: Bool = true,
        readable: Int = .max,
        stopsAfter: Int = .max
    ) async throws -> Printed {
        let start = cursor.flatMap { OrderCursor(text: $0) }
        let now = SampleOrder.now
        var pages = OrderPages(OrderFilter(), after: start, limit: 50, isJSON: isJSON, width: nil, now: now)
        var list = WholeList(after: cursor, isSpaced: !isJSON)
        var texts: [String] = []
        let ending = try await list.run(
            { try await pages.next(store) },
            isStopped: { texts.count >= stopsAfter },
            write: { text in
                guard texts.count < readable else { return false }
                texts.append(text)
                return true
            }
        )
        return Printed(text: texts.joined(), list: list, ending: ending)
    }

    @Test("every order is a line, however many pages it takes")
    func whole() async throws {
        let store = try await PostgresFixture.make().store()
        let all = try await orders(120, in: store)
        let printed = try await print(store)
        #expect(printed.ending == .whole && printed.list.written == 120)
        #expect(printed.orders.count == 120 && Set(printed.orders) == all)
        await store.close()
    }

    @Test("a list that ends early goes on after what was written, and leaves nothing out")
    func resumed() async throws {
        let store = try await PostgresFixture.make().store()
        let all = try await orders(120, in: store)
        let unread = try await print(store, readable: 1)
        let stopped = try await print(store, stopsAfter: 1)
        #expect(unread.ending == .outputClosed && stopped.ending == .stopped)
        for first in [unread, stopped] {
            let cursor = try #require(first.list.cursor)
            #expect(first.list.written == 50)
            let rest = try await print(store, after: cursor)
            #expect(rest.ending == .whole && rest.orders.count == 70)
            #expect(Set(first.orders + rest.orders) == all)
        }
        await store.close()
    }

    @Test("of all orders as objects none are counted; of those that a filter matches, and for people, they are")
    func counted() async throws {
        let store = try await PostgresFixture.make().store()
        _ = try await orders(120, in: store)
        func left(isJSON: Bool, account: String? = nil) async throws -> Int? {
            var filter = OrderFilter()
            filter.account = account
            let now = SampleOrder.now
            var pages = OrderPages(filter, after: nil, limit: 50, isJSON: isJSON, width: nil, now: now)
            return try await pages.next(store).left
        }
        #expect(try await left(isJSON: true) == nil)
        #expect(try await left(isJSON: true, account: "main") == 70)
        #expect(try await left(isJSON: false) == 70)
        await store.close()
    }

    @Test("each line's cursor goes on after it")
    func lineCursors() async throws {
        let store = try await PostgresFixture.make().store()
        let all = try await orders(120, in: store)
        let printed = try await print(store)
        let read = printed.lines.prefix(73)
        let cursor = printed.value("cursor", in: try #require(read.last))
        let rest = try await print(store, after: cursor)
        #expect(rest.orders.count == 47 && Set(printed.orders.prefix(73) + rest.orders) == all)
        let last = printed.value("cursor", in: try #require(printed.lines.last))
        #expect(try await print(store, after: last).text.isEmpty)
        await store.close()
    }

    @Test("a person gets the counts once and a table a page")
    func tables() async throws {
        let store = try await PostgresFixture.make().store()
        _ = try await orders(120, in: store)
        let lines = try await print(store, isJSON: false).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count { $0 == "120 orders: 120 ready" } == 1)
        #expect(lines.count { $0.hasPrefix("ACCEPTED") } == 3)
        #expect(lines.count { $0.contains("  o-") } == 120)
        await store.close()
    }

    @Test("the audit is printed whole, too")
    func audit() async throws {
        let store = try await PostgresFixture.make().store()
        for number in 0..<5 {
            try await store.placeHold(account: "main", act: OperatorAct(actor: "ann@desk", reason: "reason \(number)"))
        }
        var pages = AuditPages(AuditFilter(), after: nil, limit: 2, isJSON: true)
        var list = WholeList(after: nil, isSpaced: false)
        var text = ""
        let ending = try await list.run(
            { try await pages.next(store) },
            isStopped: { false },
            write: { page in
                text += page
                return true
            }
        )
        #expect(ending == .whole && list.written == 5)
        #expect((0..<5).allSatisfy { text.contains("reason \($0)") })
        await store.close()
    }

    @Test("the quarantine is printed whole, too")
    func quarantine() async throws {
        let store = try await PostgresFixture.make().store()
        let records = (0..<Int64(25)).map { offset in
            QuarantinedRecord(
                partition: 0,
                offset: offset,
                reason: "type",
                field: nil,
                detail: "d",
                rawSHA256: Hashes.sha256([])
            )
        }
        try await ingest([], refused: records, next: 25, into: store)
        var pages = QuarantinePages(
            QuarantineFilter(),
            after: nil,
            limit: 10,
            isJSON: true,
            width: nil,
            now: SampleOrder.now
        )
        var list = WholeList(after: nil, isSpaced: false)
        var lines = 0
        let ending = try await list.run(
            { try await pages.next(store) },
            isStopped: { false },
            write: { page in
                lines += page.split(separator: "\n").count
                return true
            }
        )
        #expect(ending == .whole && lines == 25)
        await store.close()
    }
}
