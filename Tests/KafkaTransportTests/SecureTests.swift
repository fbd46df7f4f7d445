import KafkaTransport
import Logs
import SessionCore
import Synchronization
import Testing
import UsherTestKit

extension BrokerScenarios {
    @Suite struct SecureTests {
        private func settings(
            _ broker: RealKafka,
            _ mechanism: KafkaSettings.Mechanism,
            password: String = RealKafka.password,
            authority: String?
        ) -> KafkaSettings {
            var settings = KafkaSettings(bootstrapServers: broker.secureServers ?? "")
            settings.security = .sasl(
                mechanism: mechanism,
                username: RealKafka.username,
                password: { Array(password.utf8) },
                authority: authority
            )
            return settings
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME")) func aClientCertificateIsALogin() async throws {
            var options = RealKafka.Options()
            options.isSecure = true
            options.asksForClientCertificate = true
            let broker = try await RealKafka.start(options)
            let authority = try #require(broker.authorityFile)
            let client = try #require(broker.clientFiles)
            var settings = KafkaSettings(bootstrapServers: broker.secureServers ?? "")
            settings.security = .tls(authority: authority, certificate: client.certificate, key: client.key)
            #expect(try await ClusterProbe(settings, log: .silent).describe(topics: []).brokers.count == 1)
            func locked(_ password: String) -> KafkaSettings.Security {
                .tls(
                    authority: authority,
                    certificate: client.certificate,
                    key: client.lockedKey,
                    keyPassword: { Array(password.utf8) }
                )
            }
            settings.security = locked("planted-password")
            #expect(try await ClusterProbe(settings, log: .silent).describe(topics: []).brokers.count == 1)
            settings.security = locked("planted-wrong")
            do {
                _ = try await ClusterProbe(settings, timeout: .seconds(5), log: .silent).describe(topics: [])
                Issue.record("a key was opened with a wrong password")
            } catch {
                #expect(!"\(error)".contains("planted"), "\(error)")
                #expect("\(error)".contains("kafka.security.key_file"), "\(error)")
            }
            settings.security = .tls(authority: authority, certificate: nil, key: nil)
            do {
                _ = try await ClusterProbe(settings, timeout: .seconds(5), log: .silent).describe(topics: [])
                Issue.record("a client without a certificate was let in")
            } catch {
                #expect("\(error)".contains("kafka."), "the error names no setting: \(error)")
            }
            await broker.remove()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME")) func loginsAreCheckedAndRefusalsSayWhatToDo()
            async throws
        {
            var options = RealKafka.Options()
            options.isSecure = true
            let broker = try await RealKafka.start(options)
            let authority = try #require(broker.authorityFile)
            func brokers(_ settings: KafkaSettings) async throws -> Int {
                try await ClusterProbe(settings, log: .silent).describe(topics: []).brokers.count
            }
            #expect(try await brokers(settings(broker, .plain, authority: authority)) == 1)
            do {
                #expect(try await brokers(settings(broker, .scramSHA512, authority: authority)) == 1)
            } catch {
                // Libraries before 2.6.1 cannot, and must say so.
                #expect("\(error)".contains("Kafka 4"))
            }
            do {
                _ = try await brokers(settings(broker, .plain, password: "planted-wrong", authority: authority))
                Issue.record("a wrong password was taken")
            } catch {
                #expect("\(error)".contains("kafka.security.password_file"))
                #expect(!"\(error)".contains("planted-wrong"))
            }
            do {
                _ = try await brokers(settings(broker, .plain, authority: nil))
                Issue.record("an unknown authority was taken")
            } catch {
                #expect("\(error)".contains("kafka.security.ca_file"), "\(error)")
            }

            let lines = LogLines()
            let source = try KafkaJobSource(
                settings(broker, .plain, password: "planted-wrong", authority: authority),
                topics: ["jobs"],
                log: lines.log,
                positions: PretendStore().lookUp
            )
            await #expect(throws: TransportError.self) { _ = try await source.nextBatches(of: "jobs") }
            await #expect(throws: TransportError.self) { _ = try await source.nextBatches(of: "jobs") }
            await source.close()
            #expect(lines.containing("planted-wrong").isEmpty)
            #expect(lines.containing("kafka.security.password_file").count == 1)
            await broker.remove()
        }

        /// The broker ends each login after two seconds, so that clients have to log in again.
        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func aPasswordThatIsChangedUnderWayIsTheNextLogins() async throws {
            var options = RealKafka.Options()
            options.isSecure = true
            options.properties["connections.max.reauth.ms"] = "2000"
            let broker = try await RealKafka.start(options)
            let plain = KafkaCluster(broker)
            let (jobs, results) = (unique("jobs"), unique("results"))
            for topic in [jobs, results] { try await plain.createTopic(topic, partitions: 1) }
            let password = Mutex("planted-wrong")
            var settings = KafkaSettings(bootstrapServers: broker.secureServers ?? "")
            settings.security = .sasl(
                mechanism: .plain,
                username: RealKafka.username,
                password: { Array(password.withLock { $0 }.utf8) },
                authority: try #require(broker.authorityFile)
            )

            let producerLines = LogLines()
            let producer = try RecordProducer(settings, log: producerLines.log)
            await producer.send([NewRecord(topic: results, key: [1], value: [1])])
            #expect(await eventually { !producerLines.containing("kafka.security.password_file").isEmpty })
            #expect(producer.summary.acknowledged == 0)
            password.withLock { $0 = RealKafka.password }
            #expect(await eventually { producer.summary.acknowledged == 1 })
            _ = await producer.finish(timeout: .seconds(5))

            let sourceLines = LogLines()
            let source = try KafkaJobSource(
                settings,
                topics: [jobs],
                log: sourceLines.log,
                positions: PretendStore().lookUp
            )
            let collected = Collected()
            let taking = Task {
                while let batches = try await source.nextBatches(of: jobs) {
                    for batch in batches {
                        collected.add(batch)
                        source.commit(batch)
                    }
                }
            }
            try await produce(1, to: jobs, plain, stem: "before")
            #expect(await eventually { collected.count("before") == 1 })
            password.withLock { $0 = "planted-wrong" }
            #expect(await eventually { !sourceLines.containing("_AUTHENTICATION").isEmpty })
            password.withLock { $0 = RealKafka.password }
            try await produce(1, to: jobs, plain, stem: "after")
            #expect(await eventually(within: 60) { collected.count("after") == 1 })
            await source.close()
            try await taking.value
            await broker.remove()
        }

        @Test(.enabled(if: RealKafka.isAvailable, "needs KAFKA_HOME"))
        func aBrokerWhoseTLSFailsDoesNotEndAWorkerThatAnotherTakes() async throws {
            var options = RealKafka.Options()
            options.isSecure = true
            let broker = try await RealKafka.start(options)
            let cluster = KafkaCluster(broker)
            let bad = try PlainListener()
            try await cluster.createTopic("jobs", partitions: 1)
            try await produce(3, to: "jobs", cluster)
            var several = settings(broker, .plain, authority: broker.authorityFile)
            // Which is tried first is chance.
            let servers = (1...4).map { "127.0.0.\($0):\(bad.port)" } + [several.bootstrapServers]
            several.bootstrapServers = servers.joined(separator: ",")
            let source = try KafkaJobSource(
                several,
                topics: ["jobs"],
                log: .silent,
                positions: PretendStore().lookUp
            )
            let taken = try await atMost(30) { try await source.nextBatches(of: "jobs", recordsMax: 3) } ?? nil
            #expect(taken?.first?.records.isEmpty == false)
            await source.close()
            bad.close()
            await broker.remove()
        }
    }
}
