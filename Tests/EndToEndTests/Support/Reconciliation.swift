import Foundation
import SessionCore
import Testing

/// What the outside saw, set against what was asked for: results as another client reads them, the database's rows, and
/// the provider's own record.
struct Reconciliation {
    struct Copy {
        var key: String
        var value: [UInt8]
        var result: SessionResult
    }

    let copies: [Copy]
    private let installation: Installation
    private let workload: Workload

    init(_ installation: Installation, _ workload: Workload) async throws {
        self.installation = installation
        self.workload = workload
        copies = try await Self.read(installation)
        let results = try await installation.count(
            "select (select count(*) from usher.result) + (select count(*) from usher.answer)"
        )
        let distinct = Set(copies.map(\.result.resultID)).count
        guard distinct >= results else { throw Failure("\(distinct) of \(results) results are on the topic") }
    }

    /// Reads each partition up to the end that the broker names first, and makes sure that all of it came.
    ///
    /// `kcat -e` and its exit code are no proof of that: a signal ends kcat between two fetches with code 0 and part of
    /// the records.
    private static func read(_ installation: Installation) async throws -> [Copy] {
        var copies: [Copy] = []
        for partition in 0..<installation.partitions {
            let place = "\(Installation.resultsTopic):\(partition):-1"
            let answer = try await Shell.run(["kcat", "-Q", "-b", installation.bootstrapServers, "-t", place])
            let words = answer.output.split { $0.isWhitespace }
            guard answer.code == 0, let end = words.last.flatMap({ Int($0) })
            else { throw Failure("kcat does not tell the end of partition \(partition): \(answer.error)") }
            if end > 0 { copies += try await read(installation, partition, records: end) }
        }
        return copies
    }

    private static func read(_ installation: Installation, _ partition: Int, records: Int) async throws -> [Copy] {
        let answer = try await Shell.run([
            "kcat", "-C", "-b", installation.bootstrapServers, "-t", Installation.resultsTopic, "-p", "\(partition)",
            "-o", "beginning", "-c", "\(records)", "-q", "-X", "fetch.wait.max.ms=10", "-f", "%k\\t%s\\n",
        ])
        guard answer.code == 0 else { throw Failure("kcat: \(answer.error)") }
        let lines = answer.output.split(separator: "\n")
        guard lines.count == records else {
            throw Failure("kcat read \(lines.count) of the \(records) records of partition \(partition)")
        }
        return try lines.map { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            let value = Array(parts[1].utf8)
            return Copy(key: String(parts[0]), value: value, result: try ResultCodec.decode(value))
        }
    }

    /// G1: every record is accounted for exactly once, as a job, a duplicate or quarantined.
    func checkAccounting() async throws {
        let jobs = try await installation.count("select count(*) from usher.job")
        let same = try await installation.count("select count(*) from usher.duplicate where same_content")
        let other = try await installation.count("select count(*) from usher.duplicate where not same_content")
        let quarantined = try await installation.count("select count(*) from usher.quarantine")
        #expect(jobs == workload.orders.count)
        #expect(same == workload.duplicates)
        #expect(other == workload.conflicts)
        #expect(quarantined == workload.unreadable)
        let distinct = try await installation.count(
            """
            select count(*) from (
              select topic_id, src_partition, src_offset from usher.job
              union select topic_id, src_partition, src_offset from usher.duplicate
              union select topic_id, src_partition, src_offset from usher.quarantine) records
            """
        )
        #expect(distinct == workload.lines.count, "records accounted for, each at its own position")
        let beyond = try await installation.count("select sum(next_offset) from usher.position")
        #expect(beyond == workload.lines.count, "the stored positions cover exactly the records")
    }

    /// G2: one result per order, whose copies are byte-identical, and nothing unfinished.
    func checkOutcomes() async throws {
        let unfinished = try await installation.count("select count(*) from usher.job where state < 10")
        #expect(unfinished == 0)
        #expect(try await installation.count("select count(*) from usher.outbox") == 0)
        var values: [ResultID: [UInt8]] = [:]
        var ids: [String: Set<ResultID>] = [:]
        for copy in copies {
            if let known = values[copy.result.resultID] { #expect(known == copy.value, "copies differ") }
            values[copy.result.resultID] = copy.value
            #expect(copy.key == copy.result.order.orderID)
            if copy.result.generation > 0 { ids[copy.key, default: []].insert(copy.result.resultID) }
        }
        #expect(Set(ids.keys) == workload.orders, "orders with a result are the orders asked for")
        #expect(ids.values.allSatisfy { $0.count == 1 }, "an order has two results")
        let conflicts = Set(copies.filter { $0.result.outcome == .conflict }.map(\.result.resultID))
        #expect(conflicts.count == workload.conflicts)
        #expect(copies.filter { $0.result.outcome == .conflict }.allSatisfy { $0.result.error?.fields == ["amount"] })
    }

    /// G3, G4, G5: every URL is one that the provider gave for that order, and between two sessions of an order there
    /// is a look-up.
    func checkAgainstProvider() throws {
        var urls: [String: [String]] = [:]
        var lastAccept: [String: Bool] = [:]
        var blind: [String] = []
        for event in try providerEvents() {
            switch event.kind {
            case "accept":
                // True while the newest session has not been looked up.
                if lastAccept[event.order] == true { blind.append(event.order) }
                lastAccept[event.order] = true
                urls[event.order, default: []].append(event.url)
            case "found", "not_found":
                lastAccept[event.order] = false
            default: break
            }
        }
        #expect(blind.isEmpty, "sent again without a look-up: \(blind.prefix(5))")
        for copy in copies where copy.result.outcome == .opened {
            let url = copy.result.session?.redirectURL ?? ""
            #expect(urls[copy.key]?.contains(url) == true, "a URL that the provider did not give")
        }
    }

    /// Every order was opened at the provider, and once only.
    func checkOpenedOnce() throws {
        var accepts: [String: Int] = [:]
        for event in try providerEvents() where event.kind == "accept" { accepts[event.order, default: 0] += 1 }
        #expect(Set(accepts.keys) == workload.orders, "the orders that were opened are those asked for")
        let repeated = accepts.filter { $0.value > 1 }.keys.sorted()
        #expect(repeated.isEmpty, "opened more than once: \(repeated.prefix(5))")
        #expect(outcomes[ResultOutcome.opened.rawValue] == workload.orders.count)
    }

    private struct ProviderEvent {
        var kind: String
        var order: String
        /// Of a session; empty without one.
        var url: String
    }

    /// What the provider did, in its order.
    private func providerEvents() throws -> [ProviderEvent] {
        let text = try Shell.get(port: installation.simulatorPort, "/accepts")
        return try text.split(separator: "\n").map { line -> ProviderEvent in
            guard let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let kind = event["event"] as? String, let order = event["order_id"] as? String
            else { throw Failure("cannot read the simulator's event: \(line)") }
            return ProviderEvent(kind: kind, order: order, url: event["url"] as? String ?? "")
        }
    }

    /// No name, address, tag, link, token or secret of any job is in any log.
    func checkSecrecy() throws {
        let canaries = ["Zoë", "Jane", "jane@example.test", "canary-v1", "https://", Installation.secret]
        for process in installation.processes {
            let log = try String(contentsOfFile: process.log, encoding: .utf8)
            for canary in canaries { #expect(!log.contains(canary), "\(canary) is in \(process.log)") }
        }
    }

    /// What the provider made go wrong, and how often.
    func faults() throws -> String {
        let stats = try JSONSerialization.jsonObject(
            with: Data(try Shell.get(port: installation.simulatorPort, "/stats").utf8)
        )
        let faults = (stats as? [String: Any])?["faults"] as? [String: Int] ?? [:]
        return faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// How the orders ended.
    var outcomes: [String: Int] {
        var seen: Set<ResultID> = []
        var counts: [String: Int] = [:]
        for copy in copies where seen.insert(copy.result.resultID).inserted {
            counts[copy.result.outcome.rawValue, default: 0] += 1
        }
        return counts
    }

    /// Copies beyond the first of each result.
    var repeats: Int {
        copies.count - Set(copies.map(\.result.resultID)).count
    }
}
