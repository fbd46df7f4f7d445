import SessionCore
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-21T12:00:00Z", 1_795_262_400_000_000),
            ("2026-11-21T12:00:00.5Z", 1_795_262_400_500_000),
            ("2026-11-21T12:00:00.000001Z", 1_795_262_400_000_001),
            ("2026-11-21T14:30:00+02:30", 1_795_262_400_000_000),
            ("2026-11-21T09:00:00-03:00", 1_795_262_400_000_000),
            ("2026-11-21t12:00:00z", 1_795_262_400_000_000),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("1900-01-01T00:00:00Z", -2_208_988_800_000_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
        ] as [(String, Int64)]
    )
    func readsRFC3339(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(microseconds: microseconds))
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z", "2026-11-21T12:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T12:60:00Z", "2026-11-21T12:00:60Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-11-21T12:00:00.Z", "2026-11-21T12:00:00.1234567Z", "2026-11-21T12:00:00,5Z", "2026-11-21T12:00:00+02",
        "2026-11-21T12:00:00+0200", "2026-11-21T12:00:00+24:00", "2026-11-21T12:00:00ZZ", " 2026-11-21T12:00:00Z",
        "+2026-11-21T12:00:00Z", "26-11-21T12:00:00Z", "2026-11-21T12:00:0\u{660}Z",
    ])
    func refusesWhatIsNot(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func writesMillisecondsRoundedDown() {
        #expect(Timestamp(microseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(microseconds: 1_795_262_400_123_999).rfc3339 == "2026-11-21T12:00:00.123Z")
        #expect(Timestamp(microseconds: -1).rfc3339 == "1969-12-31T23:59:59.999Z")
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: Int64(-30_000), through: 116_000, by: 1) {
            let moment = Timestamp(microseconds: (day * 86_400 + 43_199) * 1_000_000 + 987_000)
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
        }
    }

    @Test func secondsAndDurationsRoundDown() {
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        let start = Timestamp(seconds: 10)
        #expect(start.advanced(by: .milliseconds(1_500)) == Timestamp(microseconds: 11_500_000))
        #expect(start.duration(to: Timestamp(seconds: 12)) == .seconds(2))
        #expect(start < start.advanced(by: .microseconds(1)))
    }
}
