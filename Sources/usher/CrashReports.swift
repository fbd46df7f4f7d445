import Glibc

/// Keeps memory out of crash reports: by default the runtime prints what registers point to, and that may be a link
/// that logs a customer in.
enum CrashReports {
    private static var variable: String { "SWIFT_BACKTRACE" }

    /// Starts the program again with reports that show no memory, unless the environment says what reports should be.
    /// The runtime reads the variable before any of our code runs, so setting it is not enough.
    static func keepQuiet() {
        guard getenv(variable) == nil else { return }
        setenv(variable, "enable=yes,registers=none,color=no", 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
        // Still here: the program cannot be found under /proc. It works as well, with reports as the runtime makes
        // them.
    }
}
