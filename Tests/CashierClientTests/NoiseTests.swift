import CashierSignature
import Cryptography
import SessionCore
import Testing

@testable import CashierClient

@Suite("Noise")
struct NoiseTests {
    /// SplitMix64: the same noise in every run.
    struct Noise: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let bases: [SampleReply] = [
        .opened(), .opened(), .opened(), .refused(400, "Input validation failed"), .refused(333, "maintenance"),
        .found("open", transaction: "pending"),
    ]

    private static let tokens: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-1", "1e400", "null", "true", "\\u0000", "\\ud800",
            "\u{FEFF}",
            "\"status\":0,", "\"session\":{},", "\u{E9}",
        ].map { Array($0.utf8) } + [[0xFF], [0x00], [0xC0, 0x80], [0xED, 0xA0, 0x80]]

    private func mutate(_ bytes: inout [UInt8], _ noise: inout Noise) {
        for _ in 0..<Int.random(in: 1...4, using: &noise) {
            let index = Int.random(in: 0...bytes.count, using: &noise)
            switch Int.random(in: 0..<6, using: &noise) {
            case 0 where index < bytes.count: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &noise)
            case 1 where index < bytes.count: bytes.remove(at: index)
            case 2: bytes.insert(contentsOf: Self.tokens.randomElement(using: &noise) ?? [], at: index)
            case 3: bytes.removeLast(Int.random(in: 0...min(bytes.count, 40), using: &noise))
            case 4:
                let end = min(bytes.count, index + Int.random(in: 0...30, using: &noise))
                bytes.insert(contentsOf: Array(bytes[index..<end]), at: Int.random(in: 0...bytes.count, using: &noise))
            case _:
                let end = min(bytes.count, index + Int.random(in: 0...30, using: &noise))
                bytes.removeSubrange(index..<end)
            }
        }
    }

    /// Told by other means than the reader's: by the values in the body, signed afresh.
    private func isGenuine(_ reply: HTTPReply) -> Bool {
        guard let document = PlainReply(reply.body), let signature = reply.header("gt-authentication") else {
            return false
        }
        let signed = ["status", "timestamp", "redirect_url", "customer.customer_token"]
            .flatMap { document.bytes($0) ?? [] }
        let digest = Hashes.sha384(signed + Array(Sample.secret.utf8)).hex
        return digest == String(decoding: signature, as: UTF8.self).lowercased()
            && document.bytes("session.order_id") == Array("o-1".utf8)
            && document.bytes("session.cid") == Array("c-17".utf8)
            && (document.bytes("redirect_url") ?? []).starts(with: "https://".utf8)
    }

    @Test("50,000 damaged replies: no trap, and nothing opened that is not genuine")
    func damagedReplies() {
        var noise = Noise(state: 20_261_121)
        var opened = 0
        var kinds: [String: Int] = [:]
        for round in 0..<50_000 {
            let base = Self.bases[round % Self.bases.count]
            var body = base.body
            var status = base.httpStatus
            var headers = base.allHeaders
            mutate(&body, &noise)
            if Int.random(in: 0..<8, using: &noise) == 0 {
                status = [200, 201, 302, 404, 429, 500, 503].randomElement(using: &noise) ?? 200
            }
            // Half of the damaged ones are signed again, so that the signature does not hide what comes after it.
            if Bool.random(using: &noise), let document = PlainReply(body) {
                let signature = Signature.sign(.response, secret: Secret(Sample.secret)) {
                    document.bytes($0).map { .text($0) } ?? .null
                }
                headers = [("Gt-Authentication", signature)]
            }
            let reply = HTTPReply(status: status, headers: headers, body: body)
            let isLookUp = Int.random(in: 0..<4, using: &noise) == 0
            let answer = ReplyReader(
                account: Sample.account(),
                expectation: isLookUp ? .lookUp(orderID: "o-1") : .open(SharedRequest(Sample.request())),
                now: Timestamp(seconds: Sample.signedAt)
            ).classify(reply)
            kinds[answer.code, default: 0] += 1
            if answer.outcome.isOpened {
                opened += 1
                #expect(isGenuine(reply) && !isLookUp)
            }
            if answer.message.utf8.count > 256 || answer.message.contains("://") {
                Issue.record("a message that says too much: \(answer.code)")
            }
        }
        // Damage to fields that nothing depends on leaves some genuine; none or all would mean that the test is blind.
        #expect((100..<25_000).contains(opened), "\(opened)")
        print("noise: \(opened) opened, \(kinds.count) kinds of answers")
        for code in ["0", "bad_signature", "echo", "url", "stale", "not_json", "no_status", "redirect", "400", "333"] {
            #expect(kinds[code, default: 0] > 0, "no reply came to \(code)")
        }
    }
}

/// A reply's texts and numbers by `name` or `object.name`, read without the reader that is tested.
private struct PlainReply {
    private var values: [String: [UInt8]] = [:]

    init?(_ body: [UInt8]) {
        do throws(JSONFault) {
            var scanner = try JSONScanner(body, limits: .reply)
            guard case .object = try scanner.value() else { return nil }
            while let key = try scanner.nextKey() {
                let value = try scanner.value()
                keep(value, at: scanner.string(key), of: scanner)
                guard value == .object else {
                    try scanner.skip(value)
                    continue
                }
                while let member = try scanner.nextKey() {
                    let inner = try scanner.value()
                    keep(inner, at: "\(scanner.string(key)).\(scanner.string(member))", of: scanner)
                    try scanner.skip(inner)
                }
            }
            try scanner.finish()
        } catch {
            return nil
        }
    }

    private mutating func keep(_ value: JSONValue, at path: String, of scanner: JSONScanner) {
        switch value {
        case .string(let text): values[path] = Array(scanner.utf8(text))
        case .number(let number): values[path] = Array(scanner.raw(number))
        case .bool, .null, .object, .array: break
        }
    }

    func bytes(_ path: String) -> [UInt8]? {
        values[path]
    }
}
