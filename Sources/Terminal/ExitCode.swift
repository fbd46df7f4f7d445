/// How a command ended, in the numbers of sysexits(3): a script can tell what to do next.
package enum ExitCode: Int32, CaseIterable, Sendable {
    /// Done.
    case success = 0
    /// Understood and answered with no: not found, not equal, not healthy.
    case failure = 1
    /// The command line was wrong.
    case usage = 64
    /// Input was read and is not valid.
    case invalidData = 65
    /// An input file is missing or cannot be read.
    case noInput = 66
    /// A server that is needed cannot be reached.
    case unavailable = 69
    /// A fault of the program's own.
    case software = 70
    /// An output file cannot be made.
    case cannotCreate = 73
    /// Reading or writing broke off.
    case ioError = 74
    /// Not now; the same command may work later.
    case tryAgain = 75
    /// The credentials do not allow it.
    case noPermission = 77
    /// The settings are wrong.
    case configuration = 78
    /// Ended by a stop signal.
    case interrupted = 130

    /// One line for help texts.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .failure: "the answer is no: not found, not equal, not healthy"
        case .usage: "the command line is wrong"
        case .invalidData: "input is not valid"
        case .noInput: "an input file is missing or cannot be read"
        case .unavailable: "a server that is needed cannot be reached"
        case .software: "a fault of the program"
        case .cannotCreate: "an output file cannot be made"
        case .ioError: "reading or writing broke off"
        case .tryAgain: "not now; the same command may work later"
        case .noPermission: "the credentials do not allow it"
        case .configuration: "the settings are wrong"
        case .interrupted: "ended by a stop signal"
        }
    }
}
