import Cryptography
import SessionCore
import Testing

@testable import Worker

@Suite("Results of decided jobs")
struct SettlementWriterTests {
    @Test("an opened one says when the provider answered, by its word, and beside it when that was decided")
    func openedAt() throws {
        let sent = Timestamp(seconds: 1_000_000)
        let session = OpenedSession(redirectURL: "https://pay.test/o-1", answeredAt: sent.advanced(by: .seconds(2)))
        let job = ClaimedJob(
            lease: LeaseRef(jobID: 1, epoch: 1),
            purpose: .open,
            order: Order(account: "main", orderID: "o-1"),
            generation: 1,
            lane: .interactive,
            campaign: nil,
            attempts: 1,
            lookUps: 0,
            acceptedAt: sent,
            notAfter: sent.advanced(by: .seconds(3_600)),
            firstSend: sent,
            lastSend: sent,
            request: nil,
            traceparent: nil
        )
        let expiresAt = sent.advanced(by: .seconds(900))
        let decided = DecidedJob(
            job: job,
            verdict: .opened(session, expiresAt: expiresAt),
            decidedAt: sent.advanced(by: .seconds(5))
        )
        let writer = SettlementWriter(identity: ResultIdentity(sha256: { Hashes.sha256($0) }))
        guard case .finish(.opened, let encoded, _) = writer.settlement(of: decided).step else {
            Issue.record("it does not end as opened")
            return
        }
        let result = try ResultCodec.decode(encoded.value)
        #expect(result.openedAt == session.answeredAt)
        #expect(result.expiresAt == expiresAt && result.completedAt == decided.decidedAt)
    }
}
