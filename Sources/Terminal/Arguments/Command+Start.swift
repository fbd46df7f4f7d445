import Glibc

extension Command {
    /// How a program goes on after its command line was read.
    package enum Start: Sendable {
        case run(Invocation)
        /// Help or an error was written; the program ends with this code.
        case end(ExitCode)
    }

    /// Reads the command line of this process. Help goes to standard output, errors to standard error.
    package func start(_ arguments: [String]) -> Start {
        do throws(UsageError) {
            let width = min(100, StandardStream.output.terminalWidth ?? 100)
            switch try ArgumentParser.parse(arguments, of: self, width: width) {
            case .run(let invocation): return .run(invocation)
            case .help(let text): return .end(StandardStream.output.write(text) ? .success : .ioError)
            }
        } catch {
            return end(error)
        }
    }

    /// Writes a usage error that a command found later, and says how to end.
    package func end(_ error: UsageError) -> Start {
        _ = StandardStream.error.write(error.text(program: name))
        return .end(.usage)
    }
}
