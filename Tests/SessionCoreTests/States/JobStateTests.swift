import SessionCore
import Testing

@Suite("Job states")
struct JobStateTests {
    @Test("terminal states absorb everything", arguments: JobState.allCases)
    func terminalStatesAbsorb(state: JobState) {
        #expect(state.successors.isEmpty == state.isTerminal)
    }

    @Test("every state can be reached from ready, and every state that is no end can reach one")
    func everyStateIsReached() {
        var reached: Set<JobState> = [.ready]
        var frontier: [JobState] = [.ready]
        while let state = frontier.popLast() {
            for successor in state.successors where reached.insert(successor).inserted { frontier.append(successor) }
        }
        #expect(reached == Set(JobState.allCases))
        for state in JobState.allCases where !state.isTerminal {
            #expect(state.successors.contains { $0.isTerminal })
        }
    }

    @Test("an unknown outcome never goes straight back to sending, and expiry is only for what was never sent")
    func shapes() {
        #expect(!JobState.verify.successors.contains(.sending))
        #expect(!JobState.verify.successors.contains(.expired))
        #expect(!JobState.sending.successors.contains(.expired))
    }

    @Test("names and numbers are the stored contract")
    func namesAndNumbers() {
        let expected: [(JobState, Int16, String)] = [
            (.ready, 0, "ready"), (.sending, 1, "sending"), (.verify, 2, "verify"), (.opened, 10, "opened"),
            (.declined, 11, "declined"), (.failed, 12, "failed"), (.expired, 13, "expired"),
            (.cancelled, 14, "cancelled"),
        ]
        #expect(expected.count == JobState.allCases.count)
        for (state, number, name) in expected {
            #expect(state.rawValue == number)
            #expect(state.name == name)
            #expect(JobState(name: name) == state)
        }
    }
}
