import Glibc

/// Keeps memory out of crash reports: by default the runtime prints what registers point to, and that may be a link
/// that logs a customer in.
enum CrashReports {
    private static var variable: String { "SWIFT_BACKTRACE" }

    /// Starts the program again with reports that show no memory, unless the environment says what reports should be.
    /// The runtime reads the variable before any of our code runs, so setting it is not enough.
    static func keepQuiet() {
        guard getenv(variable) == nil else { return }
        setenv(variable, value(writer: isRuntimeInside ? writer : .runtimesOwn), 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
        // Still here: the program cannot be found under /proc. It works as well, with reports as the runtime makes
        // them.
    }

    /// The program that writes a report of another one's end.
    enum Writer: Equatable {
        /// A runtime that is a library finds the one that came with it.
        case runtimesOwn
        case file(String)
        case missing
    }

    /// What the variable is to say. Told to write reports and not with what, the runtime complains at every start.
    static func value(writer: Writer) -> String {
        switch writer {
        case .runtimesOwn: "enable=yes,registers=none,color=no"
        case .file(let path): "enable=yes,registers=none,color=no,swift-backtrace=\(path)"
        case .missing: "enable=no"
        }
    }

    /// Where the program is looked for: beside this one first, then where Swift is installed.
    static func candidates(folder: String) -> [String] {
        let name = "swift-backtrace-static"
        return ["\(folder)/\(name)"]
            + [
                "/usr/libexec/swift/libexec/swift/linux", "/usr/libexec/swift/linux",
                "/opt/swift/usr/libexec/swift/linux",
            ]
            .map { "\($0)/\(name)" }
    }

    /// A runtime that is linked into the program shows none of its names.
    private static var isRuntimeInside: Bool { dlsym(nil, "swift_retain") == nil }

    private static var writer: Writer {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
        // A comma would end the path in the variable.
        let found = candidates(folder: folder).first { access($0, X_OK) == 0 && !$0.contains(",") }
        return found.map { .file($0) } ?? .missing
    }
}
