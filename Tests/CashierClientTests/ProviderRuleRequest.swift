import Cryptography
import Foundation
import Glibc

/// The request of a row, signed by the formula of the documentation, sent over a socket of its own.
struct ProviderRuleRequest {
    static let orderID = "o-1"
    var path: String
    /// As JSON text.
    var fields: [String: String]
    var signedNames: [String]
    var signature = "right"

    init(_ call: String, age: Int64 = 0) {
        let isLookUp = call == "lookup"
        path = isLookUp ? "/agent/find-order" : "/cashier/virtual-terminal"
        fields = [
            "merchant_id": "\"Test-Integration-Merchant\"", "application_key": "\"Sandbox\"",
            "order_id": "\"\(Self.orderID)\"", "version": "\"1.3\"", "timestamp": "\(Int64(time(nil)) - age)",
        ]
        signedNames = ["merchant_id", "application_key", "timestamp", "order_id"]
        guard !isLookUp else { return }
        signedNames = ["merchant_id", "application_key", "timestamp", "intent", "cid", "order_id", "agent_name"]
        fields.merge([
            "agent_name": "\"Ann Agent\"", "intent": "\"payment\"", "currency": "\"EUR\"", "amount": "100",
            "cid": "\"c-17\"", "locale": "\"en-GB\"", "customer_token": "\"c-token\"",
            "notification_url": "\"https://crm.example.test/n\"", "return_url": "\"https://crm.example.test/r\"",
        ]) { $1 }
    }

    private var signatureLine: String {
        let names = signature == "cashier-list" ? signedNames.dropLast() : signedNames[...]
        let values = names.map { name -> String in
            let json = fields[name] ?? ""
            if json == "null" { return "" }
            return json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
        }
        let secret = signature == "wrong" ? "other" : "MerchantSecretKey"
        let digits = Hashes.sha384(Array((values.joined() + secret).utf8)).hex
        return signature == "none" ? "" : "Gt-Authentication: \(digits)\r\n"
    }

    private var body: String {
        var fields = fields
        if signature == "text-timestamp" { fields["timestamp"] = "\"\(fields["timestamp"] ?? "")\"" }
        let members = fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        return signature == "broken-body" ? "{\(members)" : "{\(members)}"
    }

    /// The answer; nil if there is none within five seconds.
    func send(to port: Int) -> (status: Int, headers: [(name: String, value: String)], body: [UInt8])? {
        let body = body
        return Self.exchange(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(signatureLine)"
                + "Connection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            port
        )
    }

    static func exchange(
        _ text: String,
        _ port: Int
    ) -> (status: Int, headers: [(name: String, value: String)], body: [UInt8])? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let bytes = Array(text.utf8)
        guard isConnected, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            return nil
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        let answer = String(decoding: received, as: UTF8.self)
        guard let end = answer.range(of: "\r\n\r\n") else { return nil }
        let lines = answer[..<end.lowerBound].split(separator: "\r\n")
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (parts[0].lowercased(), String(parts[1].drop { $0 == " " })) : nil
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (status, headers, Array(answer[end.upperBound...].utf8))
    }
}
