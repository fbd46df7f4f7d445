import Cryptography
import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Raw values of records that never became jobs: kept for an operator, who can read them.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct QuarantineTests {
    private static let raw = Array("{\"order_id\": \"o-1\",}\u{0}".utf8) + [0xFF]
    private static let place = RecordPosition(topic: "jobs", partition: 0, offset: 7)
    private static let act = OperatorAct(actor: "ann@desk", reason: "CRM sends no JSON")
    private static let audit = "SELECT concat_ws('|', actor, action, subject, reason, before, after) FROM usher.audit"

    private func bench() async throws -> Bench {
        let bench = try await Bench()
        var record = QuarantinedRecord(
            partition: 0,
            offset: 7,
            reason: "syntax",
            field: nil,
            detail: "record value, byte 19: is not JSON",
            rawSHA256: Hashes.sha256(Self.raw)
        )
        record.raw = Self.raw
        let pan = QuarantinedRecord(
            partition: 0,
            offset: 8,
            reason: "pan",
            field: "cid",
            detail: "cid: looks like a card number",
            rawSHA256: Hashes.sha256([1])
        )
        try await bench.ingest([], quarantined: [record, pan], start: 7)
        return bench
    }

    @Test func aRevealBringsTheValueAsItCameAndIsInTheAudit() async throws {
        let bench = try await bench()
        let known = try #require(try await bench.store.quarantined(Self.place))
        #expect(known.entry.record == Self.place && known.entry.reason == "syntax" && known.entry.hasRaw)
        #expect(known.rawBytes == Self.raw.count && !known.isWiped)
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0", "whoever sees no value is not in it")
        let revealed = try #require(try await bench.store.revealQuarantined(Self.place, act: Self.act))
        #expect(revealed.value == Self.raw)
        #expect(
            try await bench.value(Self.audit)
                == "ann@desk|quarantine reveal|jobs[0]@7|CRM sends no JSON|refused for syntax, 22 bytes"
        )
    }

    @Test func nothingIsRevealedThatTheAuditCannotTell() async throws {
        let bench = try await bench()
        try await bench.execute(
            """
            CREATE FUNCTION usher.no_audit() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'the audit is full' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON usher.audit FOR EACH ROW EXECUTE FUNCTION usher.no_audit()
            """
        )
        await #expect(throws: StoreError.notNow("the audit is full (53100)")) {
            try await bench.store.revealQuarantined(Self.place, act: Self.act)
        }
    }

    @Test func aValueThatIsWipedOrWasNeverKeptIsNotThere() async throws {
        let bench = try await bench()
        let never = RecordPosition(topic: "jobs", partition: 0, offset: 8)
        let kept = Retention(request: .zero, openedResult: .zero, otherResult: .zero, quarantine: .zero)
        #expect(try await bench.store.wipe(kept, limit: 10) == 1)
        for (place, isWiped) in [(Self.place, true), (never, false)] {
            let revealed = try #require(try await bench.store.revealQuarantined(place, act: Self.act))
            #expect(revealed.value == nil && revealed.detail.rawBytes == nil && revealed.detail.isWiped == isWiped)
        }
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
    }

    @Test func aValueOpensInItsOwnPlaceOnly() async throws {
        let bench = try await bench()
        try await bench.execute("UPDATE usher.quarantine SET src_offset = 9 WHERE src_offset = 7")
        let other = RecordPosition(topic: "jobs", partition: 0, offset: 9)
        await #expect(throws: StoreError.unsealable("the quarantined record jobs[0]@9")) {
            try await bench.store.revealQuarantined(other, act: Self.act)
        }
        #expect(try await bench.value("SELECT count(*) FROM usher.audit") == "0")
    }

    @Test func thereIsNoneWhereNoneWasQuarantined() async throws {
        let bench = try await bench()
        for (topic, partition) in [("jobs", Int32(1)), ("else", 0)] {
            let place = RecordPosition(topic: topic, partition: partition, offset: 7)
            #expect(try await bench.store.quarantined(place) == nil)
            #expect(try await bench.store.revealQuarantined(place, act: Self.act) == nil)
        }
    }
}
