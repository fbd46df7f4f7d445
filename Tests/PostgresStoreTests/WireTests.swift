import SessionCore
import Testing
import UsherTestKit

@testable import PostgresStore

/// Values go to the server and come back in binary form, unchanged.
@Suite(.enabled(if: PostgresFixture.isAvailable, "PostgreSQL is not installed"))
struct WireTests {
    @Test func scalarsSurviveTheRoundTrip() async throws {
        let bench = try await Bench()
        let statement = Statement(
            name: "scalars",
            text: """
                SELECT $1::int2, $2::int4, $3::int8, $4::text, $5::bytea, $6::timestamptz, $7::bool, $8::text,
                  $6::timestamptz = '2026-11-21T12:00:00.123456Z'
                """
        )
        let moment = Timestamp(microseconds: 1_795_262_400_123_456)
        let parameters: [PGParameter] = [
            .int2(.min), .int4(.max), .int8(.min), .text("ü ' ; --"), .bytes([0, 255, 92]), .time(moment), .bool(true),
            .null,
        ]
        let isSame = try await bench.run { link in
            try link.run(statement, parameters).first { row in
                let numbers = try (row.next(Int16.self), row.next(Int32.self), row.next(Int64.self))
                let rest = try (row.next(String.self), row.next([UInt8].self), row.next(Timestamp.self))
                let isTrue: Bool = try row.next()
                let null = try row.nextIfAny(String.self)
                let isTheMoment: Bool = try row.next()
                return numbers == (.min, .max, .min) && rest == ("ü ' ; --", [0, 255, 92], moment) && isTrue
                    && null == nil && isTheMoment
            }
        }
        #expect(isSame == true)
    }

    @Test func listsSurviveTheRoundTripWithTheirNulls() async throws {
        let bench = try await Bench()
        let statement = Statement(
            name: "lists",
            text: """
                SELECT concat_ws('|', $1::int2[], $2::int4[], $3::int8[], $4::text[], $5::bytea[], $6::bool[],
                  cardinality($7::uuid[]), ($7::uuid[])[1], $8::timestamptz[] = ARRAY['infinity'::timestamptz, NULL])
                """
        )
        let id = ResultID(bytes: Array(0..<16))
        let parameters: [PGParameter] = [
            .int2s([1, nil]), .int4s([]), .int8s([nil]), .texts(["a", nil, ""]), .byteLists([[1], nil]),
            .bools([true, false]), .uuids([id]), .times([Timestamp(microseconds: .max), nil]),
        ]
        let text = try await bench.run { link in
            try link.run(statement, parameters).first { row in try row.next(String.self) }
        }
        #expect(
            text == #"{1,NULL}|{}|{NULL}|{a,NULL,""}|{"\\x01",NULL}|{t,f}|1|\#(id.text)|t"#
        )
    }

    @Test func infinityIsKeptApart() async throws {
        let bench = try await Bench()
        let statement = Statement(name: "infinity", text: "SELECT 'infinity'::timestamptz, '-infinity'::timestamptz")
        let moments = try await bench.run { link in
            try link.run(statement).first { row in [try row.next(Timestamp.self), try row.next(Timestamp.self)] }
        }
        #expect(moments == [Timestamp(microseconds: .max), Timestamp(microseconds: .min)])
        #expect(moments?.compactMap(\.finite).isEmpty == true)
    }

    @Test func aColumnOfAnotherTypeIsAnErrorThatNamesIt() async throws {
        let bench = try await Bench()
        let statement = Statement(name: "test/types", text: "SELECT 1::int4")
        await #expect(
            throws: StoreError.refused(sqlState: "XX000", "column 1 of test/types has another type than Int64")
        ) {
            try await bench.run { link in try link.run(statement).first { row in try row.next(Int64.self) } }
        }
    }

    @Test func anErrorDoesNotQuoteValues() async throws {
        let bench = try await Bench()
        try await bench.ingest([job("o-1", offset: 0)])
        var text = ""
        do {
            try await bench.execute("UPDATE usher.job SET last_message = repeat('secret-value', 100)")
        } catch {
            text = String(reflecting: error)
        }
        #expect(text.contains("job_last_message_check"))
        #expect(!text.contains("secret-value"))
        #expect(!text.contains("o-1"))
    }

    @Test func everySessionHasItsSettings() async throws {
        let bench = try await Bench()
        for (name, value) in [
            ("search_path", "\"\""), ("synchronous_commit", "on"), ("statement_timeout", "15s"), ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "10s"), ("plan_cache_mode", "force_generic_plan"),
            ("transaction_isolation", "read committed"), ("enable_seqscan", "off"), ("client_encoding", "UTF8"),
        ] {
            #expect(try await bench.value("SELECT current_setting('\(name)')") == value, "\(name)")
        }
    }

    @Test func aStatementThatTakesLongerThanTheLimitIsEndedByTheServer() async throws {
        let bench = try await Bench()
        var options = bench.fixture.options
        options.statementTimeout = .seconds(30)
        #expect(options.patience == .seconds(40))
        options.statementTimeout = .milliseconds(150)
        let link = try PostgresLink(options)
        do {
            try link.run(Script(name: "slow", text: "SELECT pg_sleep(30)"))
            Issue.record("it was waited for")
        } catch PostgresFailure.server(let sqlState, _) {
            #expect(sqlState == "57014")
        }
    }
}
