import CashierSignature
import Cryptography
import SessionCore

@testable import CashierClient

/// SplitMix64: the same noise for the same seed and round.
struct Noise: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64, round: Int) {
        state = seed &+ UInt64(round) &* 0xD134_2543_DE82_EF95
        // Rounds that stand next to each other must not draw alike.
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    mutating func one(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

/// A reply in parts that noise can get at.
struct NoisyReply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(_ sample: SampleReply) {
        status = sample.httpStatus
        headers = sample.allHeaders
        body = sample.body
    }

    init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    var reply: HTTPReply { HTTPReply(status: status, headers: headers, body: body) }

    /// For a person: nothing in it is secret.
    var shown: String { "HTTP \(status) \(String(decoding: body, as: UTF8.self))" }

    /// None says what only somebody could who knows the order: what is echoed is not signed.
    private static let tokens: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-1", "1e400", "null", "true", "\\u0000", "\\ud800",
            "\u{FEFF}", "\"status\":0,", "\"session\":{},", "\u{E9}", "\"order_id\":\"o-2\",",
            "\"timestamp\":1789999999,",
            "{\"status\":0}", "\\u0030", " ", "\n",
        ].map { Array($0.utf8) } + [[0xFF], [0x00], [0xC0, 0x80], [0xED, 0xA0, 0x80]]

    /// Damages the body in one to four places.
    mutating func damage(_ noise: inout Noise) {
        for _ in 0..<Int.random(in: 1...4, using: &noise) {
            let index = Int.random(in: 0...body.count, using: &noise)
            switch Int.random(in: 0..<9, using: &noise) {
            case 0 where index < body.count: body[index] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
            case 1 where index < body.count: body.remove(at: index)
            case 2: body.insert(contentsOf: Self.tokens.randomElement(using: &noise) ?? [], at: index)
            case 3: body.removeLast(Int.random(in: 0...min(body.count, 40), using: &noise))
            case 4:
                let end = min(body.count, index + Int.random(in: 0...30, using: &noise))
                body.insert(contentsOf: Array(body[index..<end]), at: Int.random(in: 0...body.count, using: &noise))
            case 5:
                let end = min(body.count, index + Int.random(in: 0...30, using: &noise))
                body.removeSubrange(index..<end)
            case _: swapCharacter(from: index, &noise)
            }
        }
    }

    /// Puts a letter or digit in the place of the next one, which leaves the body JSON more often than not.
    private mutating func swapCharacter(from index: Int, _ noise: inout Noise) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        guard let place = body[index...].firstIndex(where: { isDigit($0) || isLetter($0) }) else { return }
        let kind = isDigit(body[place]) ? "0123456789" : "abcdefghijklmnopqrstuvwxyzABCXYZ"
        body[place] = Array(kind.utf8).randomElement(using: &noise) ?? 0x30
    }

    /// Damages or doubles a header.
    mutating func damageHeaders(_ noise: inout Noise) {
        guard let place = headers.indices.randomElement(using: &noise) else { return }
        switch Int.random(in: 0..<4, using: &noise) {
        case 0: headers.append(headers[place])
        case 1: headers.remove(at: place)
        case 2: headers[place].value = headers[place].value.uppercased()
        case _:
            var value = Array(headers[place].value.utf8)
            guard let index = value.indices.randomElement(using: &noise) else { return }
            value[index] = Array("0123456789abcdefABCDEF ,;".utf8).randomElement(using: &noise) ?? 0x30
            headers[place].value = String(decoding: value, as: UTF8.self)
        }
    }

    /// Another HTTP status.
    mutating func damageStatus(_ noise: inout Noise) {
        status = [200, 201, 302, 404, 429, 500, 503].randomElement(using: &noise) ?? 200
    }

    /// Signs what the body says now, as the provider would: noise that has the secret.
    mutating func signAgain() {
        guard let fields = PlainJSON.fields(body) else { return }
        headers = [("Gt-Authentication", Self.signature(fields))]
    }

    private static let signed = ["status", "timestamp", "redirect_url", "customer.customer_token"]

    private static func signature(_ fields: [String: [UInt8]]) -> String {
        Hashes.sha384(signed.flatMap { fields[$0] ?? [] } + Array(Sample.secret.utf8)).hex
    }

    private static func isFresh(_ timestamp: [UInt8]) -> Bool {
        Int64(String(decoding: timestamp, as: UTF8.self)).map { abs($0 - Sample.signedAt) <= 120 } ?? false
    }

    /// Schemes may be written in either case of letters (RFC 3986, 3.1).
    private static func isSecure(_ url: [UInt8]) -> Bool {
        String(decoding: url.prefix(8), as: UTF8.self).lowercased() == "https://"
    }

    /// Whether the provider may have said just this about the sample's order: told without the reader that is tested.
    var isGenuine: Bool {
        let signatures = headers.filter { $0.name.lowercased() == "gt-authentication" }
        guard (200..<300).contains(status), signatures.count == 1, let fields = PlainJSON.fields(body) else {
            return false
        }
        return Self.signature(fields) == signatures[0].value.lowercased() && fields["status"] == Array("0".utf8)
            && fields["session.order_id"] == Array("o-1".utf8) && fields["session.cid"] == Array("c-17".utf8)
            && Self.isFresh(fields["timestamp"] ?? []) && Self.isSecure(fields["redirect_url"] ?? [])
    }
}
