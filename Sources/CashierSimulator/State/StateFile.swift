import Glibc
import SessionCore

/// A state file that cannot be used: which one, and why.
package struct StateFileError: Error, Equatable, CustomStringConvertible {
    package var path: String
    package var reason: String

    package var description: String { "the simulator's state file \(path): \(reason)" }
}

/// The file that a simulator's state survives its restart in: a line for each request that has changed something.
///
/// Lines are written before the answer is given and are not forced to the disk: they outlive the process, not the
/// machine. One simulator at a time has the file; `flock` sees to that.
final class StateFile {
    private static let version = "1"
    /// What is buffered of a snapshot before it is written.
    private static let pieceBytes = 256 * 1024

    private let path: String
    private let descriptor: Int32
    /// Why nothing is written any more.
    private(set) var fault: String?

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Reads the file into `cashier`, writes it anew without its history, and keeps it open. A file that is not there
    /// is made.
    static func open(_ path: String, _ cashier: inout SimulatedCashier) throws(StateFileError) -> StateFile {
        let old = try openLocked(path, path)
        defer { close(old) }
        try read(old, path, &cashier)
        let newPath = path + ".new"
        unlink(newPath)
        let new = try openLocked(newPath, path)
        let file = StateFile(path: path, descriptor: new)
        try file.writeSnapshot(of: cashier)
        guard rename(newPath, path) == 0 else { throw file.systemFault("cannot be replaced") }
        cashier.journal = Journal()
        return file
    }

    /// Appends a line; after a failure nothing more, so that the file ends where it was whole.
    func append(_ line: [UInt8]) {
        guard fault == nil, !line.isEmpty else { return }
        if let failure = Self.write(line, descriptor) { fault = failure }
    }

    // MARK: Opening

    private static func openLocked(_ path: String, _ name: String) throws(StateFileError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StateFileError(path: name, reason: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        var opened = stat()
        var named = stat()
        // Between opening and locking another simulator may have put its own file in this one's place.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &opened) == 0, stat(path, &named) == 0,
            opened.st_ino == named.st_ino
        else {
            close(descriptor)
            throw StateFileError(path: name, reason: "another simulator has it; end that one or take another file")
        }
        return descriptor
    }

    // MARK: Reading

    private static func read(_ descriptor: Int32, _ path: String, _ cashier: inout SimulatedCashier)
        throws(StateFileError)
    {
        var reader = LineReader(descriptor: descriptor)
        var number = 0
        func wrong(_ what: String) -> StateFileError {
            StateFileError(path: path, reason: "line \(number) \(what); take another file, or delete this one")
        }
        let limits = JSONLimits(size: 4 * 1024 * 1024, depth: 4, keys: 16)
        var torn: StateFileError?
        while let line = reader.next() {
            // Only the last line may be broken: it was being written when the simulator ended.
            if let torn { throw torn }
            number += 1
            guard let tree = try? JSONTree.read(line, limits: limits) else {
                torn = wrong("is not of a state file")
                continue
            }
            if number == 1 {
                try readHeader(tree, path, &cashier)
                continue
            }
            guard case .array(let elements) = tree else { throw wrong("is not of a state file") }
            for element in elements {
                guard let change = StateChange(element), cashier.restore(change) else {
                    throw wrong("has a change that does not fit; was it written with other accounts or limits?")
                }
            }
        }
        if number == 1, let torn { throw torn }
    }

    private static func readHeader(
        _ tree: JSONTree,
        _ path: String,
        _ cashier: inout SimulatedCashier
    ) throws(StateFileError) {
        guard tree["simulator_state"]?.text == version,
            let salt = tree["salt"]?.text.flatMap({ UInt64($0, radix: 16) }),
            let epoch = tree["epoch"]?.integer, case .array(let accounts)? = tree["accounts"]
        else { throw StateFileError(path: path, reason: "is not a state file of this version; take another one") }
        guard accounts == Self.accounts(cashier).map(JSONTree.string) else {
            throw StateFileError(
                path: path,
                reason: "was written for other accounts; start with the same merchant_id and application_key"
            )
        }
        cashier.resume(salt: salt, epoch: Int(epoch))
    }

    /// What tells accounts apart, in order; secrets are not kept.
    private static func accounts(_ cashier: SimulatedCashier) -> [String] {
        cashier.configuration.accounts.flatMap { [$0.merchantID, $0.applicationKey] }
    }

    // MARK: Writing

    private func writeSnapshot(of cashier: SimulatedCashier) throws(StateFileError) {
        var json = JSONBuilder()
        json.beginObject()
        json.add("simulator_state", Self.version)
        json.add("salt", String(cashier.salt, radix: 16))
        json.add("epoch", cashier.epoch)
        json.beginArray("accounts")
        for text in Self.accounts(cashier) { json.element(text) }
        json.endArray()
        json.endObject()
        json.endLine()
        var buffer = json.bytes
        var journal = Journal()
        cashier.writeSnapshot { change in
            journal.add(change)
            buffer += journal.takeLine()
            if buffer.count >= Self.pieceBytes {
                append(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        append(buffer)
        if let fault { throw StateFileError(path: path, reason: "cannot be written: \(fault)") }
    }

    private func systemFault(_ what: String) -> StateFileError {
        StateFileError(path: path, reason: "\(what): \(String(cString: strerror(errno)))")
    }

    /// Writes all of it; else what the system says.
    private static func write(_ bytes: [UInt8], _ descriptor: Int32) -> String? {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(cString: strerror(errno)) }
            written += count
        }
        return nil
    }
}

/// The whole lines of a file, one after the other; what follows the last line end is left out.
private struct LineReader {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var piece = [UInt8](repeating: 0, count: 256 * 1024)

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    mutating func next() -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count - start
            buffer.removeFirst(start)
            start = 0
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return nil }
            buffer += piece[..<count]
        }
    }
}
