import Foundation
import Glibc
import PostgresStore

/// The built binary as a process.
final class UsherProcess: Sendable {
    /// Beside the tests' own bundle, or what `USHER_BINARY` names.
    static let binary: String = {
        if let named = ProcessInfo.processInfo.environment["USHER_BINARY"] { return named }
        let bundle = CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("usher").path
    }()

    let log: String
    private let child: ChildProcess

    /// Starts it in `folder`, or where the tests run.
    init(_ arguments: [String], in folder: String? = nil, log: String) throws {
        self.log = log
        let place = folder.map { ["/usr/bin/env", "-C", $0] } ?? []
        child = try ChildProcess(place + [Self.binary] + arguments, environment: Shell.environment, output: .file(log))
    }

    var id: Int32 { child.id }

    var hasEnded: Bool { child.exitCode != nil }

    func signal(_ number: Int32) {
        child.signal(number)
    }

    /// Waits for the end, at most `deadline`.
    func exitCode(within deadline: Duration) async throws -> Int32 {
        try await eventually("process \(child.id) ends", within: deadline) { child.exitCode != nil }
        return child.exitCode ?? -1
    }

    /// The lines logged so far.
    var lines: [String] {
        (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
    }

    /// Whether a line logged so far has this in it.
    func hasLogged(_ text: String) -> Bool {
        lines.contains { $0.contains(text) }
    }

    func end() async {
        guard child.exitCode == nil else { return }
        child.signal(SIGKILL)
        _ = try? await exitCode(within: .seconds(10))
    }

    /// Peak and present resident memory in bytes, and CPU time in microseconds, from the kernel.
    var usage: (peak: Int, resident: Int, cpu: Int) {
        let status = (try? String(contentsOfFile: "/proc/\(child.id)/status", encoding: .utf8)) ?? ""
        func kilobytes(_ name: String) -> Int {
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return 0 }
            return Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first ?? "") ?? 0
        }
        return (kilobytes("VmHWM:") * 1024, kilobytes("VmRSS:") * 1024, cpuMicroseconds(of: child.id))
    }
}

/// User and system time of a process, in microseconds.
func cpuMicroseconds(of process: Int32) -> Int {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
    else { return 0 }
    let fields = stat[end...].split(separator: " ")
    guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return 0 }
    return (user + system) * 1_000_000 / sysconf(Int32(_SC_CLK_TCK))
}

/// Other programs: psql, kcat.
enum Shell {
    static let environment = [
        "PATH=" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"), "HOME=/tmp", "LANG=C.UTF-8",
        "SWIFT_BACKTRACE=enable=no",
    ]

    struct Answer {
        var code: Int32
        var output: String
        var error: String
    }

    /// Runs a program to its end.
    static func run(_ arguments: [String], within deadline: Duration = .seconds(120)) async throws -> Answer {
        let stem = NSTemporaryDirectory() + "usher-shell-" + UUID().uuidString
        defer { for end in ["out", "err"] { try? FileManager.default.removeItem(atPath: "\(stem).\(end)") } }
        // The shell keeps the two outputs apart; the arguments reach the program as they are.
        let script = "exec \"$@\" >\"$OUT\" 2>\"$ERR\" </dev/null"
        let child = try ChildProcess(
            ["/bin/sh", "-c", script, "sh"] + arguments,
            environment: environment + ["OUT=\(stem).out", "ERR=\(stem).err"],
            output: .discard
        )
        let clock = ContinuousClock()
        let end = clock.now + deadline
        while child.exitCode == nil {
            guard clock.now < end else {
                child.signal(SIGKILL)
                throw Failure("\(arguments.first ?? "") did not end within \(deadline)")
            }
            try await clock.sleep(for: .milliseconds(5))
        }
        return Answer(
            code: child.exitCode ?? -1,
            output: (try? String(contentsOfFile: "\(stem).out", encoding: .utf8)) ?? "",
            error: (try? String(contentsOfFile: "\(stem).err", encoding: .utf8)) ?? ""
        )
    }

    /// The body of a GET from this machine.
    static func get(port: Int, _ path: String) throws -> String {
        try request(port: port, "GET", path, body: "")
    }

    /// The body of the answer to a POST to this machine.
    @discardableResult
    static func post(port: Int, _ path: String, body: String = "") throws -> String {
        try request(port: port, "POST", path, body: body)
    }

    private static func request(port: Int, _ method: String, _ path: String, body text: String) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard connected == 0 else { throw Failure("no connection to port \(port)") }
        let head = "\(method) \(path) HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        let request = Array("\(head)Content-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw Failure("could not ask") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[0..<count])
        }
        return try body(of: bytes)
    }

    private static func body(of reply: [UInt8]) throws -> String {
        let text = String(decoding: reply, as: UTF8.self)
        guard let split = text.range(of: "\r\n\r\n") else { throw Failure("no reply") }
        guard text.prefix(while: { !$0.isNewline }).contains(" 200") else { throw Failure(text) }
        guard text[..<split.lowerBound].lowercased().contains("transfer-encoding: chunked") else {
            return String(text[split.upperBound...])
        }
        return try unchunked(Array(text[split.upperBound...].utf8))
    }

    private static func unchunked(_ bytes: [UInt8]) throws -> String {
        var body: [UInt8] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).trimmingCharacters(in: .whitespaces)
            guard let size = Int(line.trimmingCharacters(in: .newlines), radix: 16) else { throw Failure("bad chunk") }
            if size == 0 { break }
            body += rest[(end + 1)..<(end + 1 + size)]
            rest = rest[(end + 1 + size + 2)...]
        }
        return String(decoding: body, as: UTF8.self)
    }
}
