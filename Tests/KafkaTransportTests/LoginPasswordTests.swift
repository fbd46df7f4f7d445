import Synchronization
import Testing

@testable import KafkaTransport

/// When the password of a login is asked for, and when librdkafka is given another one.
@Suite struct LoginPasswordTests {
    @Test func anotherPasswordIsHandedOnOnceAndAskedForOnceASecond() throws {
        let now = ContinuousClock.now
        let questions = Mutex(0)
        let source = Mutex("old")
        let security = KafkaSettings.Security.sasl(
            mechanism: .plain,
            username: "usher",
            password: {
                questions.withLock { $0 += 1 }
                return Array(source.withLock { $0 }.utf8)
            },
            authority: nil
        )
        var login = try #require(LoginPassword(of: security, now: now))
        #expect(login.username == "usher" && login.given == Array("old".utf8))
        source.withLock { $0 = "new" }
        #expect(login.renewed(now: now + .milliseconds(999)) == nil)
        #expect(questions.withLock { $0 } == 1)
        #expect(login.renewed(now: now + .seconds(1)) == Array("new".utf8))
        #expect(login.given == Array("new".utf8))
        #expect(login.renewed(now: now + .seconds(2)) == nil)
        #expect(questions.withLock { $0 } == 3)
    }

    @Test func thereIsNoneWithoutALogin() {
        #expect(LoginPassword(of: .plaintext, now: .now) == nil)
        let tls = KafkaSettings.Security.tls(authority: nil, certificate: nil, key: nil, keyPassword: { [1] })
        #expect(LoginPassword(of: tls, now: .now) == nil)
    }
}
