import BlockingThreads
import Cryptography
import Glibc
import SessionCore
import Synchronization

@testable import CashierSimulator
@testable import HTTPServer

/// A post as a receiver of callbacks got it.
struct ReceivedPost: Equatable, Sendable {
    var path: String
    var signature: String?
    var body: [UInt8]

    var json: JSONTree? { try? JSONTree.read(body) }
}

/// Listens on loopback, keeps every post, and answers as it is told.
final class CallbackReceiver: Sendable {
    let port: Int
    private let listener: Int32
    private let thread: NamedThread

    private final class Kept: Sendable {
        let posts = Mutex<[ReceivedPost]>([])
    }

    private let kept = Kept()

    /// - Parameter answer: the bytes for a post; nil closes the connection without any.
    init(_ answer: @escaping @Sendable (ReceivedPost) -> [UInt8]?) throws {
        let (descriptor, port) = try Self.listen()
        listener = descriptor
        self.port = port
        let kept = kept
        thread = NamedThread("receiver") {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                if let post = Self.read(connection) {
                    kept.posts.withLock { $0.append(post) }
                    if let bytes = answer(post) { send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
                }
                close(connection)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    var posts: [ReceivedPost] { kept.posts.withLock { $0 } }
    var base: String { "http://127.0.0.1:\(port)" }

    /// Where acknowledgements carry their signature.
    enum Headers: Sendable {
        case both
        case gtAuthentication
        case external
        case none
    }

    /// An answer as the documentation has it, signed with `secret`.
    static func acknowledgement(
        _ status: Int = 0,
        secret: String = "MerchantSecretKey",
        _ headers: Headers = .both
    ) -> [UInt8] {
        let timestamp = wallSeconds()
        let body = "{\"status\":\(status),\"description\":\"Ok\",\"version\":\"1.3\",\"timestamp\":\(timestamp)}"
        let signature = Hashes.sha384(Array("\(status)\(timestamp)\(secret)".utf8)).hex
        let names: [String] =
            switch headers {
            case .both: ["Gt-Authentication", "external-request-signature"]
            case .gtAuthentication: ["GT-Authentication"]
            case .external: ["External-Request-Signature"]
            case .none: []
            }
        let lines = names.map { "\($0): \(signature)\r\n" }.joined()
        return Array("HTTP/1.1 200 OK\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
    }

    private static func listen() throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isListening else { throw CallbackFailure("cannot listen") }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }

    private static func read(_ connection: Int32) -> ReceivedPost? {
        var parser = HTTPRequestParser(headBytesMax: 16 * 1024, bodyBytesMax: 256 * 1024)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            switch parser.next() {
            case .request(let request):
                let signature = request.header("gt-authentication")
                return ReceivedPost(path: request.path, signature: signature, body: request.body)
            case .needsMore, .expectsContinue: break
            case .refused: return nil
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            buffer.withUnsafeBytes { parser.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
