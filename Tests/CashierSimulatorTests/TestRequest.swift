import Cryptography
import Glibc
import HTTPServer

@testable import CashierSimulator

let merchant = SimulatorAccount(
    merchantID: "Test-Integration-Merchant",
    applicationKey: "Sandbox",
    secret: Secret("MerchantSecretKey")
)

func wallSeconds() -> Int64 { Int64(time(nil)) }

/// A request to the provider; each field as JSON text, signed by the formula of the documentation.
struct TestRequest {
    var path: String
    var fields: [String: String]
    var signedNames: [String]
    var secret = "MerchantSecretKey"
    /// Sent in the place of the right signature.
    var signature: String?
    var keepsAlive = true

    static func open(_ order: String, at timestamp: Int64 = wallSeconds()) -> TestRequest {
        TestRequest(
            path: "/cashier/virtual-terminal",
            fields: [
                "merchant_id": "\"Test-Integration-Merchant\"", "application_key": "\"Sandbox\"",
                "agent_name": "\"Sales - Andrew Swift\"", "intent": "\"payment\"", "currency": "\"USD\"",
                "amount": "100", "cid": "\"1\"", "locale": "\"en-GB\"", "customer_token": "\"c-token\"",
                "notification_url": "\"https://crm.example.test/n\"", "return_url": "\"https://crm.example.test/r\"",
                "order_id": "\"\(order)\"", "version": "\"1.3\"", "timestamp": "\(timestamp)",
            ],
            signedNames: ["merchant_id", "application_key", "timestamp", "intent", "cid", "order_id", "agent_name"]
        )
    }

    static func lookup(_ order: String, at timestamp: Int64 = wallSeconds()) -> TestRequest {
        TestRequest(
            path: "/agent/find-order",
            fields: [
                "merchant_id": "\"Test-Integration-Merchant\"", "application_key": "\"Sandbox\"",
                "order_id": "\"\(order)\"", "version": "\"1.3\"", "timestamp": "\(timestamp)",
            ],
            signedNames: ["merchant_id", "application_key", "timestamp", "order_id"]
        )
    }

    /// Nil leaves the field out.
    func with(_ name: String, _ json: String?) -> TestRequest {
        var changed = self
        changed.fields[name] = json
        return changed
    }

    func script(_ name: String) -> TestRequest { with("variable3", "\"simulate:\(name)\"") }

    var body: [UInt8] {
        Array(
            ("{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}")
                .utf8
        )
    }

    var rightSignature: String {
        let values = signedNames.map { name -> String in
            let json = fields[name] ?? ""
            if json == "null" { return "" }
            return json.hasPrefix("\"") ? String(json.dropFirst().dropLast()) : json
        }
        return Hashes.sha384(Array((values.joined() + secret).utf8)).hex
    }

    var bytes: [UInt8] {
        let head =
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n"
            + "Gt-Authentication: \(signature ?? rightSignature)\r\n" + (keepsAlive ? "" : "Connection: close\r\n")
            + "Content-Length: \(body.count)\r\n\r\n"
        return Array(head.utf8) + body
    }

    /// For the provider's rules without sockets.
    var request: HTTPRequest {
        HTTPRequest(
            method: "POST",
            target: path,
            headers: [HTTPHeader(name: "gt-authentication", value: signature ?? rightSignature)],
            body: body
        )
    }
}

extension RunningSimulator {
    static func withFaults(
        _ faults: String = "",
        _ change: (inout SimulatorConfiguration) -> Void = { _ in }
    ) throws -> RunningSimulator {
        var configuration = SimulatorConfiguration(accounts: [merchant])
        configuration.faults = try FaultPlan(parsing: faults)
        change(&configuration)
        return try CashierSimulator.start(configuration)
    }

    func client() -> RawClient {
        guard let client = RawClient(port: port) else { preconditionFailure("the simulator does not listen") }
        return client
    }

    /// One request on a connection of its own.
    func ask(_ request: TestRequest, within milliseconds: Int = 5000) -> Seen {
        let client = client()
        client.send(request.bytes)
        return client.receive(within: milliseconds)
    }

    func control(_ method: String, _ target: String, body: String = "") -> WireAnswer? {
        let client = client()
        client.send("\(method) \(target) HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return client.receive().answer
    }

    /// How many sessions the order has, by the simulator's own account.
    func sessions(of order: String) -> Int64? {
        control("GET", "/stats?order=\(order)")?.json?["sessions"]?.integer
    }

    /// The lines of `GET /accepts`.
    func events(_ query: String = "") -> [JSONTree] {
        let text = control("GET", "/accepts\(query)")?.text ?? ""
        return text.split(separator: "\n").compactMap { try? JSONTree.read(Array($0.utf8)) }
    }
}

/// Asks until it is so; false after five seconds.
func becomesTrue(_ condition: () -> Bool) -> Bool {
    let deadline = monotonicNanoseconds() + 5_000_000_000
    while monotonicNanoseconds() < deadline {
        if condition() { return true }
        usleep(2_000)
    }
    return condition()
}
