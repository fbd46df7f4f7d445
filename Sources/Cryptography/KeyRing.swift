/// A key file that cannot be used. `line` counts from 1.
package enum KeyFileError: Error, Equatable, Sendable {
    case empty
    case malformed(line: Int)
    case repeatedID(String, line: Int)
    /// The line `digest KEY` is missing.
    case noDigestKey
}

/// A sealed value and the key that opens it.
package struct SealedValue: Equatable, Sendable {
    package var keyID: String
    package var bytes: [UInt8]

    package init(keyID: String, bytes: [UInt8]) {
        self.keyID = keyID
        self.bytes = bytes
    }
}

/// Tells a key from any other that bears its id, and helps nobody to find the key: a code over a fixed text.
package struct KeyCheckValue: Equatable, Sendable {
    package var keyID: String
    /// 32 bytes. They can never be made otherwise: databases know them.
    package var bytes: [UInt8]

    package init(keyID: String, bytes: [UInt8]) {
        self.keyID = keyID
        self.bytes = bytes
    }

    init(of key: [UInt8], keyID: String) {
        // Contents, which the key of digests is for, are JSON objects and begin otherwise.
        self.init(keyID: keyID, bytes: MessageCode(key: key).code(of: Array("usher key check|\(keyID)".utf8)))
    }
}

/// The keys that seal values at rest. The first seals; all of them open, so that keys can be changed online.
package struct KeyRing: Sendable {
    /// Has no keys, for whoever neither seals nor opens. Opening finds no key; sealing or digesting by mistake ends the
    /// process, before anything is stored that nobody could read.
    package static let keyless = KeyRing()
    /// The id of the key of content digests. No key that seals can have it.
    package static let digestID = "digest"

    private let boxes: [String: SealedBox]
    /// The id of the key that seals; empty where there is none.
    package let activeID: String
    private let activeBox: SealedBox?
    private let digests: MessageCode?
    /// Of each key, the one of digests among them, by id.
    package let checkValues: [KeyCheckValue]

    private init() {
        boxes = [:]
        activeID = ""
        activeBox = nil
        digests = nil
        checkValues = []
    }

    /// Reads a key file: a line a key, `ID KEY`, where `ID` is 1–32 of `A–Z a–z 0–9 . _ -` and `KEY` is 64
    /// hexadecimal digits; empty lines and lines that begin with `#` are skipped. The first key seals. The id `digest`
    /// is reserved for the key of content digests, which never changes.
    package init(keyFile: String) throws(KeyFileError) {
        var keys: [String: [UInt8]] = [:]
        var first: (id: String, key: [UInt8])?
        // CR LF is one character, and not equal to LF.
        let lines = keyFile.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.isEmpty || words[0].hasPrefix("#") { continue }
            guard words.count == 2, isKeyID(words[0]), let key = bytes(hex: words[1]), key.count == 32 else {
                throw .malformed(line: index + 1)
            }
            let id = String(words[0])
            guard keys.updateValue(key, forKey: id) == nil else { throw .repeatedID(id, line: index + 1) }
            if first == nil, id != Self.digestID { first = (id, key) }
        }
        guard let first else { throw .empty }
        checkValues = keys.sorted { $0.key < $1.key }.map { KeyCheckValue(of: $0.value, keyID: $0.key) }
        guard let digestKey = keys.removeValue(forKey: Self.digestID) else { throw .noDigestKey }
        digests = MessageCode(key: digestKey)
        let activeBox = SealedBox(keyID: first.id, key: first.key)
        var boxes = [first.id: activeBox]
        for (id, key) in keys where id != first.id { boxes[id] = SealedBox(keyID: id, key: key) }
        self.boxes = boxes
        self.activeBox = activeBox
        activeID = first.id
    }

    /// A key file with one new key, for `usher dev` and for operators who start afresh.
    package static func newKeyFile(id: String) -> String {
        "\(id) \(secureRandomBytes(32).hex)\ndigest \(secureRandomBytes(32).hex)\n"
    }

    /// Whether there is no key at all.
    package var isKeyless: Bool {
        activeBox == nil
    }

    /// Whether the key with this id is here.
    package func opens(keyID: String) -> Bool {
        boxes[keyID] != nil
    }

    /// A keyed digest of a job's content, 32 bytes: equal for equal content, and no help in guessing what it was.
    package func contentDigest(_ content: [UInt8]) -> [UInt8] {
        guard let digests else { preconditionFailure("a ring without keys digests nothing") }
        return digests.code(of: content)
    }

    /// Seals `plain` so that it opens only with the same `associated` text, which names the row it belongs to.
    package func seal(_ plain: [UInt8], associated: String) -> SealedValue {
        let size = plain.count + Sealer.overhead
        let bytes = withSealer { sealer in
            [UInt8](unsafeUninitializedCapacity: size) { sealed, count in
                let whole = UnsafeMutableBufferPointer(rebasing: sealed[..<size])
                sealer.seal(plain, associated: associated, into: whole)
                count = size
            }
        }
        return SealedValue(keyID: activeID, bytes: bytes)
    }

    /// Runs `body` with a sealer of the active key: for many values at once.
    package func withSealer<Result>(_ body: (borrowing Sealer) -> Result) -> Result {
        guard let activeBox else { preconditionFailure("a ring without keys seals nothing") }
        return activeBox.withSealer(body)
    }

    package func open(_ value: SealedValue, associated: String) throws(SealingError) -> [UInt8] {
        guard let box = boxes[value.keyID] else { throw .unknownKey(value.keyID) }
        return try box.open(value.bytes, associated: associated)
    }
}

private func isKeyID(_ text: Substring) -> Bool {
    (1...32).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2E, 0x5F, 0x2D].contains(byte)
        }
}

private func bytes(hex text: Substring) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = hexValue(digits[index]), let low = hexValue(digits[index + 1]) else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x41 + 10
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
}
