import SessionCore
import Testing

@testable import CashierClient

@Suite("Replies to a probe")
struct ProbeReplyTests {
    private func read(_ sample: SampleReply) -> ProbeReply {
        ProbeReply(
            sample.reply,
            to: .open(Sample.request(), account: Sample.account(), timestamp: Sample.signedAt),
            account: Sample.account(),
            sentAt: Sample.markedAt,
            elapsed: .milliseconds(20)
        )
    }

    @Test("a timestamp tells of the provider's clock up to 9999", arguments: [Sample.signedAt, 253_402_300_799])
    func timestamp(_ seconds: Int64) {
        let reply = read(.opened(at: seconds))
        #expect(reply.hasTimestamp && reply.isOpened && reply.signing == .right)
        let difference = Sample.markedAt.duration(to: Timestamp(seconds: seconds)) + .milliseconds(490)
        #expect(reply.clockDifference == difference)
    }

    @Test(
        "a number that no clock shows counts as no timestamp",
        arguments: [
            .number(9_999_999_999_999_999), .text("9999999999999999"), .number(253_402_300_800), .number(.max),
            .number(.min), .number(-1), .text("soon"),
        ] as [SampleReply.Part]
    )
    func impossible(_ timestamp: SampleReply.Part) {
        var sample = SampleReply.opened()
        sample["timestamp"] = timestamp
        let reply = read(sample)
        #expect(!reply.hasTimestamp && reply.clockDifference == nil)
        #expect(reply.code == "stale" && !reply.isOpened)
        #expect(reply.status == 0 && reply.signing == .right, "the rest of it is read all the same")
        // 20 seconds after `Sample.signedAt`.
        sample.headers.append((name: "Date", value: "Mon, 21 Sep 2026 14:13:39 GMT"))
        #expect(read(sample).clockDifference == .milliseconds(19_490))
    }
}
