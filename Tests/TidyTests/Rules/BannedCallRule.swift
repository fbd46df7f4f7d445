/// Calls that must not stand in the sources, and what to use instead.
struct BannedCallRule: Rule {
    struct Ban: Sendable {
        /// As it stands in code, such as `usleep(`.
        var call: String
        /// Whether the call of a member of that name is something else: `clock.sleep(`.
        var isFree = false
        var instead: String
        /// Beginnings of paths where the call is right.
        var allowedIn: [String] = []
    }

    var bans = Self.bans

    static let clocks = "the clock of the database (`Timestamp`), or a clock handed in"
    static let waits = "a queue or a deadline of BlockingThreads, or a clock handed in"

    /// A thread of its own may wait; the test kit polls.
    static let waitingPlaces = ["Sources/BlockingThreads/", "Sources/UsherTestKit/"]

    static let bans = [
        Ban(call: "Date(", instead: clocks),
        Ban(call: "Date.now", instead: clocks),
        Ban(call: "UUID(", instead: "`ResultIdentity`, or `secureRandomBytes`"),
        Ban(call: "DispatchQueue", instead: "`NamedThread` or `ThreadExecutor`"),
        Ban(call: "DispatchSemaphore", instead: "`BlockingQueue` or `Mailbox`"),
        Ban(call: "Task.detached", instead: "a task group, or `NamedThread` for what blocks"),
        Ban(call: "usleep(", instead: waits, allowedIn: waitingPlaces),
        Ban(call: "nanosleep(", instead: waits, allowedIn: waitingPlaces),
        Ban(call: "sleep(", isFree: true, instead: waits, allowedIn: waitingPlaces),
        Ban(call: "print(", isFree: true, instead: "a log, or `StandardStream`", allowedIn: ["Sources/usher/"]),
        Ban(call: "fatalError(", instead: "`preconditionFailure` with the state, for what cannot happen"),
        Ban(call: "try!", instead: "`try`"),
        Ban(call: "as!", instead: "`as?`"),
        Ban(call: "nonisolated(unsafe)", instead: "`Mutex`, or an actor"),
    ]

    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").filter { $0.target != "EmbedSQLTool" }.flatMap { file in
            let code = SwiftText(file.text).code
            return code.indices.flatMap { index -> [Finding] in
                let line = code[index]
                return bans.filter { ban in
                    line.holds(word: ban.call, notAfterDot: ban.isFree)
                        && !ban.allowedIn.contains { file.path.hasPrefix($0) }
                }.map { ban in
                    Finding(file: file.path, line: index + 1, message: "`\(ban.call)` is banned; use \(ban.instead)")
                }
            }
        }
    }
}

/// `Task.sleep` is for the files that implement a clock, whose name says so, and for polling in the test kit.
struct SleepRule: Rule {
    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").filter { file in
            let name = file.path.split(separator: "/").last ?? ""
            return !name.contains("Clock") && file.target != "UsherTestKit"
        }.flatMap { file in
            SwiftText(file.text).code.enumerated().filter { $0.element.holds(word: "Task.sleep(") }.map { index, _ in
                let message = "`Task.sleep` is banned outside a file named for a clock; take a clock as a parameter"
                return Finding(file: file.path, line: index + 1, message: message)
            }
        }
    }
}

/// `@unchecked Sendable` needs a comment at most three lines away that says why it is safe.
struct UncheckedSendableRule: Rule {
    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").flatMap { file -> [Finding] in
            let text = SwiftText(file.text)
            return text.code.enumerated().compactMap { index, line in
                let near = (index - 2)...(index + 4)
                guard line.contains("@unchecked Sendable"), !near.contains(where: text.commentLines.contains) else {
                    return nil
                }
                let message = "`@unchecked Sendable` needs a comment that says why it is safe"
                return Finding(file: file.path, line: index + 1, message: message)
            }
        }
    }
}

/// No value is forced out of an optional in the sources.
struct ForceUnwrapRule: Rule {
    func findings(in repository: Repository) -> [Finding] {
        repository.files(in: ["Sources"], "swift").flatMap { file in
            SwiftText(file.text).code.enumerated().filter { forces($0.element) }.map { index, _ in
                Finding(file: file.path, line: index + 1, message: "`!` forces a value; use `guard let` or `??`")
            }
        }
    }

    /// `name!`, `call()!`, `list[0]!`; not `!=`, not the `!` before a value.
    private func forces(_ line: String) -> Bool {
        let text = Array(line)
        return text.indices.contains { index in
            guard text[index] == "!", index > 0 else { return false }
            let before = text[index - 1]
            let after = index + 1 < text.count ? text[index + 1] : " "
            let isKeyword = ["try", "as"].contains { String(text[..<index]).hasSuffix($0) }
            return (before.isNamePart || before == ")" || before == "]") && after != "=" && !isKeyword
        }
    }
}
