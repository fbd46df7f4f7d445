import KafkaTransport
import UsherTestKit

/// Gives a real broker to a scenario and takes it away again, whatever happens.
func withRealKafka(
    _ options: RealKafka.Options = RealKafka.Options(),
    _ scenario: (RealKafka) async throws -> Void
) async throws {
    let kafka = try await RealKafka.start(options)
    let ending: Result<Void, any Error>
    do {
        ending = .success(try await scenario(kafka))
    } catch {
        ending = .failure(error)
    }
    await kafka.remove()
    try ending.get()
}

extension Installation {
    /// Gives the installation to a scenario and tears it down again, whatever happens.
    func use(_ scenario: (Installation) async throws -> Void) async throws {
        let ending: Result<Void, any Error>
        do {
            ending = .success(try await scenario(self))
        } catch {
            ending = .failure(error)
        }
        await tearDown()
        try ending.get()
    }

    /// Starts a second simulated Cashier. Returns the settings that make it the account `other`, beside the default.
    func startSecondAccount() async throws -> [String] {
        try replacePrivate("other-secret", "MerchantSecretKey-of-the-other-1")
        let port = try await startSimulator(merchant: "M-2", secretFile: "other-secret")
        let other = "accounts.other."
        return [
            "default_account=main", other + "allow_http_loopback=true",
            other + "endpoint=http://127.0.0.1:\(port)/cashier/virtual-terminal",
            other + "timeout=2s", other + "connect_timeout=1s", other + "merchant_id=M-2",
            other + "application_key=A-2", other + "secret_file=\(folder)/other-secret",
        ]
    }

    /// Every job has ended, every result is acknowledged, and as many records are accounted for as there are: all at one
    /// moment. Asked one after the other, a batch that came in between was taken for done.
    func isDone(_ workload: Workload) async throws -> Bool {
        let accounted = try await count(
            """
            select case
              when exists (select from usher.job where state < 10) or exists (select from usher.outbox) then -1
              else (select count(*) from usher.job) + (select count(*) from usher.duplicate)
                + (select count(*) from usher.quarantine)
              end
            """
        )
        return accounted == workload.lines.count
    }
}
