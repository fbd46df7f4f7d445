import CLinux
import Glibc
import Terminal

/// The program: reads the command line, runs the verb, ends with its code.
@main
struct Main {
    static func main() async {
        // Before anything is opened.
        StandardDescriptors.occupyClosed()
        CrashReports.keepQuiet()
        // It was started again by another name, and what lists or signals processes by name looks for this one.
        _ = pthread_setname_np(pthread_self(), "usher")
        // A reader that went away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let code: ExitCode
        switch CommandTree.root.start(Array(CommandLine.arguments.dropFirst())) {
        case .run(let invocation): code = await Verb.run(invocation)
        case .end(let ending): code = ending
        }
        exit(code)
    }

    private static func exit(_ code: ExitCode) -> Never {
        Glibc.exit(code.rawValue)
    }
}
