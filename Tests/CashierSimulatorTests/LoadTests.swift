import Glibc
import HTTPServer
import Testing

@testable import CashierSimulator

@Suite struct LoadTests {
    /// 64 connections, each with one request under way at a time, until 20,000 are answered.
    @Test func twentyThousandRequestsOverSixtyFourConnections() throws {
        let simulator = try RunningSimulator.withFaults { $0.requestValiditySeconds = 3600 }
        defer { simulator.stop() }
        let total = 20_000
        let requests = (0..<total).map { TestRequest.open("o-\($0)").bytes }
        let clients = (0..<64).map { _ in simulator.client() }
        let start = monotonicNanoseconds()
        for (number, client) in clients.enumerated() { client.send(requests[number]) }
        for number in 0..<total {
            let client = clients[number % 64]
            let answer = try #require(client.receive(within: 10_000).answer)
            try #require(answer.status == 200)
            if number + 64 < total { client.send(requests[number + 64]) }
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        print("simulator: \(total) answers over 64 connections, \(Int(Double(total) / seconds)) a second")
        #expect(simulator.statistics().sessionsOpened == total)
        #expect(simulator.statistics().faults.isEmpty && simulator.statistics().answers == ["0": total])
    }

    @Test func twoThousandIdleConnectionsDoNotHinderOne() throws {
        let simulator = try RunningSimulator.withFaults("hang=100%")
        defer { simulator.stop() }
        let hung = (0..<1000).map { _ in simulator.client() }
        let idle = (0..<1000).map { _ in simulator.client() }
        for (number, client) in hung.enumerated() { client.send(TestRequest.open("o-\(number)").bytes) }
        #expect(becomesTrue { simulator.statistics().sessionsOpened == 1000 })
        simulator.setFaults(FaultPlan())
        #expect(simulator.ask(.open("one")).answer?.code == 0)
        #expect(simulator.control("GET", "/stats")?.json?["connections_open"]?.integer ?? 0 > 2000)
        #expect(hung.count + idle.count == 2000)
    }

    @Test func connectionsBeyondTheBoundWaitTheirTurn() throws {
        let simulator = try RunningSimulator.withFaults { $0.connectionsMax = 2 }
        defer { simulator.stop() }
        let third: RawClient
        do {
            let first = simulator.client()
            let second = simulator.client()
            first.send(TestRequest.open("a").bytes)
            #expect(first.receive().answer?.code == 0)
            second.send(TestRequest.open("b").bytes)
            #expect(second.receive().answer?.code == 0)
            third = simulator.client()
            third.send(TestRequest.open("c").bytes)
            #expect(third.receive(within: 100) == .silence(bytes: 0))
        }
        #expect(third.receive().answer?.code == 0)
    }
}

@Suite struct StopTests {
    private func threadExists(_ name: String) -> Bool {
        guard let folder = opendir("/proc/self/task") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let task = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let file = fopen("/proc/self/task/\(task)/comm", "r") else { continue }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 64)
            guard fgets(&line, 64, file) != nil else { continue }
            let bytes = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
            if String(decoding: bytes, as: UTF8.self) == name { return true }
        }
        return false
    }

    @Test func stoppingLeavesNoThreadAndNoPort() throws {
        let simulator = try RunningSimulator.withFaults("hang=100%")
        let name = "simulator-\(simulator.port)"
        #expect(becomesTrue { threadExists(name) })
        let hung = simulator.client()
        hung.send(TestRequest.open("o-1").bytes)
        #expect(becomesTrue { simulator.statistics().sessionsOpened == 1 })
        simulator.stop()
        simulator.stop()
        #expect(becomesTrue { !threadExists(name) })
        #expect(RawClient(port: simulator.port) == nil)
        #expect(hung.receive() == .closed(bytes: 0))
    }

    @Test func releasingItStopsIt() throws {
        var port = 0
        do {
            let simulator = try RunningSimulator.withFaults()
            port = simulator.port
            #expect(simulator.ask(.open("o-1")).answer?.code == 0)
        }
        #expect(RawClient(port: port) == nil)
    }

    @Test func aPortCanBeUsedAgainAtOnceAndNotTwice() throws {
        let first = try RunningSimulator.withFaults()
        #expect(first.ask(.open("o-1")).answer?.code == 0)
        #expect(throws: SimulatorError.self) { try RunningSimulator.withFaults { $0.port = first.port } }
        first.stop()
        let second = try RunningSimulator.withFaults { $0.port = first.port }
        defer { second.stop() }
        #expect(second.port == first.port)
        #expect(second.ask(.open("o-1")).answer?.code == 0)
    }

    @Test func aHostThatIsNoAddressIsNamed() {
        #expect(throws: SimulatorError.notAnAddress("localhost")) {
            try RunningSimulator.withFaults { $0.host = "localhost" }
        }
    }
}
