import Foundation
import Glibc

/// A primary with a streaming standby, fsync on, of which the primary can be killed and the standby promoted.
final class ReplicatedPostgres: TestDatabase {
    private let primary: RestartablePostgres
    private let standby: RestartablePostgres

    /// - Parameter isSynchronous: a commit waits until the standby has it on disk.
    static func start(isSynchronous: Bool) async throws -> ReplicatedPostgres {
        let primary = try await RestartablePostgres.start(
            isSynchronous ? "-c synchronous_standby_names=*" : ""
        )
        let standby = try await RestartablePostgres.start(standbyOf: primary)
        let servers = ReplicatedPostgres(primary, standby)
        try await eventually("the standby follows", within: .seconds(30)) {
            try await primary.value("select count(*) from pg_stat_replication where state = 'streaming'") == "1"
        }
        return servers
    }

    private init(_ primary: RestartablePostgres, _ standby: RestartablePostgres) {
        self.primary = primary
        self.standby = standby
    }

    /// What `postgres.host` names: both of them.
    var folder: String { "\(primary.folder),\(standby.folder)" }

    func connection(database: String) -> String {
        "host=\(folder) user=usher dbname=\(database) target_session_attrs=read-write"
    }

    func createDatabase(_ name: String, template: String?) async throws {
        try await primary.createDatabase(name, template: template)
    }

    /// From now on the standby hears nothing of the primary.
    func cutOff() async throws {
        try await standby.execute("alter system set primary_conninfo = ''")
        try await standby.execute("select pg_reload_conf()")
        try await eventually("the standby is cut off", within: .seconds(30)) { [primary] in
            try await primary.value("select count(*) from pg_stat_replication") == "0"
        }
    }

    /// Kills the primary for good and makes the standby the one that takes writes.
    func failOver() async throws {
        try primary.kill()
        try await standby.promote()
    }

    func stop() async {
        await standby.stop()
        await primary.stop()
    }
}
