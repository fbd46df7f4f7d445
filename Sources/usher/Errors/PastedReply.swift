import CashierClient

/// A reply of the provider's as a person pasted it: a JSON body alone, or a whole HTTP reply. Pure.
enum PastedReply {
    /// What is wrong with it, as a sentence.
    struct Fault: Error, Equatable {
        var text: String
    }

    /// - Parameter httpStatus: for a body alone; 200 when nil.
    static func read(_ bytes: [UInt8], httpStatus: Int?) throws(Fault) -> HTTPReply {
        let text = bytes.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard !text.isEmpty else { throw Fault(text: "the reply is empty") }
        guard text.starts(with: Array("HTTP/".utf8)) else {
            return HTTPReply(status: httpStatus ?? 200, headers: [], body: trimmed(text))
        }
        guard httpStatus == nil else {
            throw Fault(text: "the reply has a status line of its own: leave --reply-status out")
        }
        var rest = text
        var status: Int
        var headers: [(name: String, value: String)]
        // A proxy's `200 Connection established` or a `100 Continue` may stand before the reply itself.
        repeat {
            status = try statusCode(nextLine(of: &rest))
            headers = []
            while true {
                let line = nextLine(of: &rest)
                guard !line.isEmpty else { break }
                guard let colon = line.firstIndex(of: ":") else {
                    throw Fault(text: "a header line has no colon; an empty line must part headers and body")
                }
                headers.append((String(line[..<colon]), String(line[line.index(after: colon)...])))
            }
        } while rest.starts(with: Array("HTTP/".utf8))
        return HTTPReply(status: status, headers: headers, body: trimmed(rest))
    }

    private static func statusCode(_ line: String) throws(Fault) -> Int {
        let words = line.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]), (100...599).contains(status) else {
            throw Fault(text: "the first line must be a status line such as HTTP/1.1 200 OK")
        }
        return status
    }

    private static func nextLine(of rest: inout ArraySlice<UInt8>) -> String {
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        var line = rest[rest.startIndex..<end]
        if line.last == 0x0D { line = line.dropLast() }
        rest = rest[(end < rest.endIndex ? end + 1 : end)...]
        return String(decoding: line, as: UTF8.self)
    }

    /// Without what an editor or a terminal adds at the ends.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var body = bytes.drop(while: isBlank)
        while let last = body.last, isBlank(last) { body.removeLast() }
        return Array(body)
    }
}
