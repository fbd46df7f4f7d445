import Cryptography
package import SessionCore

/// How the keys of a ring stand to those that fill a database.
package struct KeyStatus: Equatable, Sendable {
    /// Keys that are others than the database's of the same ids, by id.
    package var foreign: [ForeignKey]
    /// Ids of keys that the database does not know, in order.
    package var new: [String]
    /// Ids of keys that are not in the ring though the newest stored jobs were sealed with them, in order: nothing of
    /// what others seal now would open.
    package var missing: [String]

    package init(foreign: [ForeignKey], new: [String], missing: [String] = []) {
        self.foreign = foreign
        self.new = new
        self.missing = missing
    }

    /// Whether nothing speaks against sealing and opening with the ring.
    var isRight: Bool { foreign.isEmpty && missing.isEmpty }

    /// Compares a ring's keys with those that the database knows. Pure.
    ///
    /// - Parameter newest: ids of the keys that sealed the newest stored jobs. One that the database does not know was
    ///   forgotten on purpose: it is lost.
    init(_ values: [KeyCheckValue], known: [KnownKey], newest: [String] = []) {
        let known = Dictionary(known.map { ($0.value.keyID, $0) }) { first, _ in first }
        let ids = Set(values.map(\.keyID))
        missing = newest.filter { known[$0] != nil && !ids.contains($0) }.sorted()
        foreign = values.compactMap { value in
            guard let own = known[value.keyID], !isEqualInConstantTime(own.value.bytes, value.bytes) else { return nil }
            return ForeignKey(keyID: value.keyID, since: own.since, holder: own.holder)
        }
        new = values.map(\.keyID).filter { known[$0] == nil }
    }
}

/// A key that is not the database's of its id.
package struct ForeignKey: Equatable, Sendable {
    package var keyID: String
    /// Since when the database knows its own of that id; nil where it knows none yet, and stored jobs show that this
    /// one is another.
    package var since: Timestamp?
    /// The process that had the database's own first.
    package var holder: String?

    package init(keyID: String, since: Timestamp? = nil, holder: String? = nil) {
        self.keyID = keyID
        self.since = since
        self.holder = holder
    }
}

/// A row of `key_check`.
struct KnownKey: Equatable, Sendable {
    var value: KeyCheckValue
    var since: Timestamp
    var holder: String
}

/// A stored job: its body opens with the right key, and has the job's digest by the right key.
struct KeyEvidence: Sendable {
    var order: Order
    var body: SealedBody
    var contentDigest: [UInt8]

    /// Keys of a ring by which none of the jobs that name them can have been stored. One that fits speaks for a key,
    /// however many others do not: values are damaged sometimes. Pure.
    static func against(_ keys: KeyRing, in jobs: [KeyEvidence]) -> [ForeignKey] {
        var used: Set<String> = []
        var fitting: Set<String> = []
        for job in jobs where keys.opens(keyID: job.body.value.keyID) {
            used.insert(job.body.value.keyID)
            let associated = Seals.body(of: job.order, generation: job.body.generation)
            guard let body = try? keys.open(job.body.value, associated: associated) else { continue }
            fitting.insert(job.body.value.keyID)
            used.insert(KeyRing.digestID)
            if isEqualInConstantTime(keys.contentDigest(body), job.contentDigest) { fitting.insert(KeyRing.digestID) }
        }
        return used.subtracting(fitting).sorted().map { ForeignKey(keyID: $0) }
    }

    /// The ids of the keys that sealed the jobs, in order, if a ring has none of them: nothing speaks for it. Pure.
    static func missing(from keys: KeyRing, in jobs: [KeyEvidence]) -> [String] {
        let ids = Set(jobs.map(\.body.value.keyID))
        return ids.contains(where: { keys.opens(keyID: $0) }) ? [] : ids.sorted()
    }
}
