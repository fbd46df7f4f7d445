import Glibc

/// An address and port as the kernel takes them.
struct SocketAddress: Sendable {
    private var storage: sockaddr_storage
    private let length: socklen_t

    init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        storage = sockaddr_storage()
        self.length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(self.length)))
        }
    }

    var family: Int32 { Int32(storage.ss_family) }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_INET: bytes[4] == 127
            case AF_INET6: bytes[8..<23].allSatisfy { $0 == 0 } && bytes[23] == 1
            case _: false
            }
        }
    }

    /// `connect(2)`: zero, or -1 with `errno` set.
    func connect(_ descriptor: Int32) -> Int32 {
        withUnsafeBytes(of: storage) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            return Glibc.connect(descriptor, address, length)
        }
    }

    /// What a name stands for, in the order in which it is best tried; an address in numbers stands for itself.
    /// Blocks for as long as the system's resolver takes, unless `isNumeric`, which resolves nothing.
    static func resolve(
        _ host: String,
        port: UInt16,
        isNumeric: Bool = false
    ) -> Result<[SocketAddress], HTTPFailure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : AI_ADDRCONFIG)
        var list: UnsafeMutablePointer<addrinfo>?
        var failure = getaddrinfo(host, "\(port)", &hints, &list)
        if failure != 0, failure != EAI_AGAIN, !isNumeric {
            // A machine with loopback only has no address configured, as AI_ADDRCONFIG sees it.
            hints.ai_flags = AI_NUMERICSERV
            failure = getaddrinfo(host, "\(port)", &hints, &list)
        }
        guard failure == 0 else {
            return .failure(HTTPFailure(code: "dns", detail: String(cString: gai_strerror(failure))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                addresses.append(SocketAddress(address, length: entry.pointee.ai_addrlen))
            }
            next = entry.pointee.ai_next
        }
        return .success(addresses)
    }
}

/// Why no reply came: one of Usher's names, and words for people without host or URL.
struct HTTPFailure: Error, Equatable, Sendable {
    var code: String
    var detail: String

    init(code: String, detail: String) {
        self.code = code
        self.detail = detail
    }

    init(_ fault: HTTPReplyFault) {
        self.init(code: fault.code, detail: fault.rawValue)
    }

    /// A failure of the system's, with its text.
    init(code: String, errno: Int32) {
        self.init(code: code, detail: String(cString: strerror(errno)))
    }

    /// The server ended the TLS handshake without a reason.
    static let handshakeEnded = HTTPFailure(code: "tls", detail: "the server ended the handshake")

    /// How much it tells beside those of a name's other addresses: most is what TLS objects to, such as a certificate,
    /// for waiting does not mend it.
    var weight: Int {
        guard code == "tls" else { return 0 }
        return self == .handshakeEnded ? 1 : 2
    }
}
