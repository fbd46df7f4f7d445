import Cryptography
import Testing

/// Moments are made up: nothing here waits.
@Suite("Secrets that change")
struct SecretRotationTests {
    private let start = ContinuousClock.now
    private let overlap: Duration = .seconds(900)

    private func rotation(previous: String? = nil) -> SecretRotation {
        SecretRotation(current: Secret("old"), previous: previous.map { Secret($0) }, overlap: overlap)
    }

    private func texts(_ rotation: SecretRotation) -> [String] {
        rotation.secrets.map { String(decoding: $0.reveal(), as: UTF8.self) }
    }

    @Test("the new secret signs, the old one verifies during the overlap and not after it")
    func overlapEnds() {
        var rotation = rotation()
        let change = rotation.replace(current: Secret("new"), now: start)
        #expect(change.isSignerNew && change.isVerifyingOther)
        #expect(texts(rotation) == ["new", "old"])
        #expect(rotation.expire(now: start + overlap - .nanoseconds(1)) == 0)
        #expect(texts(rotation) == ["new", "old"])
        #expect(rotation.expire(now: start + overlap) == 1)
        #expect(texts(rotation) == ["new"])
        #expect(rotation.expire(now: start + overlap + overlap) == 0, "it is told once")
    }

    @Test("the same secret again is no change")
    func same() {
        var rotation = rotation(previous: "older")
        #expect(rotation.replace(current: Secret("old"), now: start) == SecretRotation.Change())
        #expect(rotation.replace(previous: Secret("older")) == SecretRotation.Change())
        #expect(texts(rotation) == ["old", "older"])
    }

    @Test("the way back: the old secret signs again, the one that was tried verifies for the overlap")
    func back() {
        var rotation = rotation()
        _ = rotation.replace(current: Secret("new"), now: start)
        _ = rotation.replace(current: Secret("old"), now: start + .seconds(60))
        #expect(texts(rotation) == ["old", "new"])
        #expect(rotation.expire(now: start + overlap + .seconds(59)) == 0)
        #expect(rotation.expire(now: start + overlap + .seconds(60)) == 1)
        #expect(texts(rotation) == ["old"])
    }

    @Test("each of several replaced secrets has an overlap of its own")
    func several() {
        var rotation = rotation()
        _ = rotation.replace(current: Secret("second"), now: start)
        _ = rotation.replace(current: Secret("third"), now: start + .seconds(300))
        #expect(texts(rotation) == ["third", "old", "second"])
        #expect(rotation.expire(now: start + overlap) == 1)
        #expect(texts(rotation) == ["third", "second"])
    }

    @Test("a previous secret that its file names has no end, and a change of it changes no signer")
    func previous() {
        var rotation = rotation(previous: "older")
        _ = rotation.replace(current: Secret("new"), now: start)
        _ = rotation.expire(now: start + overlap)
        #expect(texts(rotation) == ["new", "older"])
        let change = rotation.replace(previous: Secret("old"))
        #expect(change.isVerifyingOther && !change.isSignerNew)
        #expect(texts(rotation) == ["new", "old"])
    }

    @Test("a replaced secret that is named as the one before verifies beyond its overlap, and is not told as gone")
    func replacedAndNamed() {
        var rotation = rotation()
        _ = rotation.replace(current: Secret("second"), now: start)
        _ = rotation.replace(current: Secret("third"), now: start)
        _ = rotation.replace(previous: Secret("second"))
        #expect(rotation.expire(now: start + overlap) == 1, "the oldest only")
        #expect(texts(rotation) == ["third", "second"])
        #expect(rotation.expire(now: start + overlap) == 0)
    }

    @Test("a secret that is named twice is tried once")
    func once() {
        var rotation = rotation(previous: "old")
        #expect(texts(rotation) == ["old"])
        _ = rotation.replace(current: Secret("new"), now: start)
        #expect(texts(rotation) == ["new", "old"])
    }

    @Test("without an overlap the old secret is gone at once")
    func none() {
        var rotation = SecretRotation(current: Secret("old"), previous: nil, overlap: .zero)
        _ = rotation.replace(current: Secret("new"), now: start)
        #expect(texts(rotation) == ["new"])
    }

    @Test("nothing of a secret is in a description")
    func redacted() {
        #expect(!String(reflecting: rotation(previous: "older")).contains("old"))
    }
}
