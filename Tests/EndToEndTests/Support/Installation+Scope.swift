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
