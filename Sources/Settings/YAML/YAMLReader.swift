import CLibyaml

/// Reads one YAML document into nodes that know their lines.
///
/// It takes the part of YAML that reads the same to everyone: mappings, lists and scalars. Anchors, aliases, merge
/// keys, tags, repeated keys and second documents are faults, because each can make a file mean something else than
/// a person reads in it.
struct YAMLReader {
    /// What was read, and every fault found on the way. A syntax error ends the reading.
    struct Reading: Equatable {
        var root: YAMLNode?
        var faults: [YAMLFault]
    }

    static let depthMax = 16
    static let bytesMax = 1 << 20

    /// Reads `bytes`, UTF-8 text of at most 1 MiB. An empty file reads as no root and no fault.
    static func read(_ bytes: [UInt8]) -> Reading {
        guard bytes.count <= bytesMax else {
            return Reading(root: nil, faults: [YAMLFault(line: 1, message: "the file is larger than 1 MiB")])
        }
        // libyaml asserts that its input is not NULL, which an empty array's address may be.
        guard !bytes.isEmpty else { return Reading(root: nil, faults: []) }
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            return Reading(root: nil, faults: [YAMLFault(line: 1, message: "no memory left to read the file")])
        }
        defer { yaml_parser_delete(parser) }
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            var reader = YAMLReader(parser: parser)
            var root: YAMLNode?
            do throws(YAMLFault) {
                root = try reader.document()
            } catch {
                reader.faults.append(error)
            }
            return Reading(root: root, faults: reader.faults)
        }
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var faults: [YAMLFault] = []

    private init(parser: UnsafeMutablePointer<yaml_parser_t>) {
        self.parser = parser
    }

    private mutating func document() throws(YAMLFault) -> YAMLNode? {
        var root: YAMLNode?
        var documents = 0
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd: return root
            case .streamStart, .documentEnd: continue
            case .documentStart:
                documents += 1
                guard documents == 1 else {
                    throw YAMLFault(
                        line: event.line,
                        message: "a second document begins here; one file is one document"
                    )
                }
            case .alias, .scalar, .listStart, .listEnd, .mapStart, .mapEnd:
                root = try node(event, depth: 1)
            }
        }
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLFault) -> YAMLNode {
        if event.hasAnchor {
            faults.append(YAMLFault(line: event.line, message: "anchors (`&name`) are not taken; write the value out"))
        }
        if event.hasTag {
            faults.append(YAMLFault(line: event.line, message: "tags (`!name`) are not taken; write the plain value"))
        }
        guard depth <= Self.depthMax else {
            throw YAMLFault(line: event.line, message: "nested deeper than \(Self.depthMax) levels")
        }
        switch event.kind {
        case .scalar(let text, let quoted):
            let isNull = !quoted && ["", "~", "null", "Null", "NULL"].contains(text)
            return YAMLNode(content: isNull ? .null : .scalar(text, quoted: quoted), line: event.line)
        case .listStart: return YAMLNode(content: .list(try list(depth: depth)), line: event.line)
        case .mapStart: return YAMLNode(content: .map(try map(depth: depth)), line: event.line)
        case .alias:
            faults.append(YAMLFault(line: event.line, message: "aliases (`*name`) are not taken; write the value out"))
            return YAMLNode(content: .null, line: event.line)
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .listEnd, .mapEnd:
            preconditionFailure("libyaml reported \(event.kind) where a value must begin")
        }
    }

    private mutating func list(depth: Int) throws(YAMLFault) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if event.kind == .listEnd { return items }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func map(depth: Int) throws(YAMLFault) -> [YAMLPair] {
        var pairs: [YAMLPair] = []
        var lines: [String: Int] = [:]
        while true {
            let event = try next()
            if event.kind == .mapEnd { return pairs }
            guard case .scalar(let key, _) = event.kind else {
                throw YAMLFault(line: event.line, message: "a key must be plain text")
            }
            if event.hasAnchor || event.hasTag { _ = try node(event, depth: depth) }
            let value = try node(next(), depth: depth + 1)
            if let line = lines[key] {
                faults.append(
                    YAMLFault(
                        line: event.line,
                        message: "`\(key.printable(40))` stands here a second time; the first is on line \(line)"
                    )
                )
                continue
            }
            lines[key] = event.line
            pairs.append(YAMLPair(key: key, line: event.line, value: value))
        }
    }

    private func next() throws(YAMLFault) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxFault() }
        defer { yaml_event_delete(&event) }
        guard let copy = YAMLEvent(event) else { throw syntaxFault() }
        return copy
    }

    private func syntaxFault() -> YAMLFault {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "this cannot be read"
        let line = state.error == YAML_READER_ERROR ? 1 : state.problem_mark.line + 1
        let context = state.context.map { " (\(String(cString: $0)))" } ?? ""
        let hint = problem.contains("cannot start any token") ? "; indent with spaces, not with tabs" : ""
        return YAMLFault(line: line, message: "not valid YAML: \(problem)\(context)\(hint)")
    }
}
